-- Requests for quotation: a few conversations in each seller's tongue, each held several times with
-- other customers about other goods.

-- talk: what is said in turn; c: the customer, t: the team, s: the system. {p} is a product's title,
-- {k} its SKU, {q} a quantity, {n} a quote's number.
CREATE TEMP TABLE demo_talks ON COMMIT DROP AS
SELECT *, (row_number() OVER (PARTITION BY code ORDER BY title COLLATE "C") - 1)::int AS n,
       count(*) OVER (PARTITION BY code)::int AS of
  FROM (VALUES
    ('northfield', 'Price and delivery, {k}', 'email', ARRAY[
        'c', 'Morning,' || E'\n\n' || 'Please quote {q} off {k}, {p}. We need them by the end of the month.' || E'\n\n' || 'Regards',
        't', 'Thanks for this. {q} off is no trouble, five working days. Would you like the box price as well?',
        'c', 'Yes please, both.',
        's', 'Quote {n} was made from this request.',
        't', 'Sent just now as {n}. Shout if anything looks off.',
        'c', 'Spot on, thank you 👍']),
    ('northfield', 'Tool for 316L, chatter at 3×D', 'web', ARRAY[
        'c', 'We are getting chatter in 316L, slotting at 3×D with a two flute. Coolant is 8 %. What would you run instead? We would take {q} to begin with.',
        't', 'Try the four flute with the corner radius, and drop the engagement to 8 % of diameter. I can send two samples.']),
    ('northfield', 'Regrind collection', 'phone', ARRAY[
        'c', '{q}0 end mills ready for regrinding, mostly Ø10 and Ø12. Can the van call on Thursday?']),
    ('northfield', 'RFQ from purchasing system', 'api', ARRAY[
        'c', '{q} x {k}' || E'\n' || '{q} x {k} (second call-off)' || E'\n' || 'Delivery: Bay 4, quote ref. on label',
        's', 'Quote {n} was made from this request.']),
    ('northfield', 'Café-racer project: odd sizes', 'email', ARRAY[
        'c', 'Hi, private build (a café racer, since you ask 🏍️). Do you sell {p} one at a time?',
        't', 'We do. Card over the phone is fine, no account needed.',
        'c', 'Brilliant. I’ll ring tomorrow.',
        's', 'Closed by the team: bought at the counter.']),

    ('brunel', 'Demande de prix {k}', 'email', ARRAY[
        'c', 'Bonjour,' || E'\n\n' || 'Merci de nous chiffrer {q} pièces : {p}. Délai souhaité : fin de mois.' || E'\n\n' || 'Cordialement',
        't', 'Bonjour, c’est noté. Nous avons le stock ; le devis part aujourd’hui.',
        's', 'Le devis {n} a été créé à partir de cette demande.',
        'c', 'Bien reçu, merci !']),
    ('brunel', 'Ligne arrêtée – urgent', 'phone', ARRAY[
        'c', 'Convoyeur à l’arrêt depuis 6 h. Il nous faut {p} ce matin, {q} pièces, un coursier peut passer.',
        't', 'Mis de côté au comptoir. Demandez Maëlle.',
        'c', 'Le coursier est parti. Vous nous sauvez 🙏',
        's', 'Clôturée par l’équipe : enlevé au comptoir.']),
    ('brunel', 'Équivalence d’un roulement ancien', 'web', ARRAY[
        'c', 'Bonjour, je cherche l’équivalent d’un roulement gravé « 6204 Z/C3 » des années 1980. Lequel des vôtres convient ?',
        't', 'Le 6204-ZZ-C3. Le jeu normal chaufferait à votre vitesse.']),
    ('brunel', 'Consultation annuelle', 'api', ARRAY[
        'c', 'Consultation 2027 : {k} ; quantité annuelle {q}00 ; livraisons mensuelles. Réponse sous 15 jours.']),

    ('aobagahara', '見積依頼 {k}', 'email', ARRAY[
        'c', 'お世話になっております。' || E'\n' || '下記につき、お見積りをお願いいたします。' || E'\n\n' || '{p}' || E'\n' || '数量:{q}' || E'\n\n' || 'よろしくお願いいたします。',
        't', 'お問い合わせありがとうございます。本日中に見積書をお送りいたします。',
        's', 'この依頼から見積書 {n} を作成しました。',
        'c', '確認いたしました。ありがとうございます。']),
    ('aobagahara', '納期短縮のご相談', 'phone', ARRAY[
        'c', '{p} {q}個、来週水曜着は可能でしょうか。装置立上げが早まりました🙇',
        't', '在庫から半数、残りは翌週のお届けでしたら可能です。']),
    ('aobagahara', '図面送付の件(追加工)', 'web', ARRAY[
        'c', '軸端φ12h6、キー溝4×4の追加工を{q}本お願いします。図番は 4410-07、ベースは貴社の転造ボールねじ(軸径15)です。']),
    ('aobagahara', 'RFQ from overseas plant', 'api', ARRAY[
        'c', 'Please quote {k}, quantity {q}, FCA Sendai. Lead time and packing in English, please.',
        't', 'Thank you. Ten working days; export carton included.',
        's', 'この依頼から見積書 {n} を作成しました。']),

    ('masamir', 'Enquiry {k}', 'email', ARRAY[
        'c', 'Dear Sir,' || E'\n\n' || 'Kindly quote your best price for {p}, quantity {q}, delivered Shuaiba. Mill certificates required.' || E'\n\n' || 'Best regards',
        't', 'Dear Sir, thank you for your enquiry. Stock is available, EN 10204 3.1 included.',
        's', 'Quote {n} was made from this request.']),
    ('masamir', 'طلب عرض سعر', 'web', ARRAY[
        'c', 'السلام عليكم، نرجو تزويدنا بعرض سعر للصنف {k} بكمية {q} والتسليم في موقع المشروع.',
        't', 'وعليكم السلام، سيصلكم العرض اليوم إن شاء الله.',
        'c', 'شكراً جزيلاً 🌹']),
    ('masamir', 'Shutdown list, revision 2', 'api', ARRAY[
        'c', 'Shutdown list rev. 2 attached as text:' || E'\n' || '1) {k} – {q}' || E'\n' || '2) heavy hex nuts to suit' || E'\n' || '3) anti-seize, 12 tins']),

    ('parnu', 'Varuosad traktorile', 'phone', ARRAY[
        'c', 'Tere! Vaja {q} tk: {p}. Kas täna saab kätte?',
        't', 'Tere, saab küll. Oleme kella kuueni.',
        'c', 'Tulen viie paiku. Aitäh! 🚜']),
    ('parnu', 'Hinnapäring {k}', 'email', ARRAY[
        'c', 'Tere' || E'\n\n' || 'Palun pakkumist: {p}, {q} tk.'])
  ) AS given (code, title, source, talk);

-- The quotes that a request was answered with, in the order in which the talks take them: about the
-- first of their products, and sent as soon as they were made.
CREATE TEMP TABLE demo_answers ON COMMIT DROP AS
SELECT q.org_id, q.number, q.customer_id, p.sku, p.title, l.qty, q.created_at, q.sent_at,
       row_number() OVER (PARTITION BY q.org_id
                          ORDER BY pg_temp.draw('answers ' || q.quote_id, 1000000), q.quote_id) AS turn
  FROM quotes q
  JOIN demo_lines l ON l.deal_id = q.quote_id AND l.position = 0 AND l.kind = 'product'
  JOIN demo_products p ON p.org_id = q.org_id AND p.title = split_part(l.description, E'\n', 1)
 WHERE q.sent_at < q.created_at + interval '3 hours';

-- step: the time between two messages. A request that a quote answers was made so long before it that
-- the system's message falls on the quote's own time. One in seven of the others is from somebody who
-- is no customer yet.
CREATE TEMP TABLE demo_requests ON COMMIT DROP AS
SELECT *, coalesce(quoted_at - quote_at * step,
                   pg_temp.at_work(seed || ' asked',
                                   '2026-06-26'::date - (pg_temp.draw(seed || ' age', 100)
                                                         * pg_temp.draw(seed || ' age', 100)
                                                         * 340 / 10000)::int, opens)) AS created_at
  FROM (SELECT pg_temp.id_of(seed) AS request_id, seed, o.org_id, o.opens, t.title, t.source, t.talk,
               CASE WHEN a.number IS NOT NULL THEN a.customer_id
                    WHEN NOT pg_temp.chance(seed || ' unknown', 15) THEN c.customer_id END AS customer_id,
               coalesce(a.sku, p.sku) AS sku, coalesce(a.title, p.title) AS product,
               coalesce(trim_scale(a.qty)::text,
                        pg_temp.pick(seed || ' qty', ARRAY['2', '4', '5', '10', '12', '20'])) AS qty,
               a.number AS quote, a.created_at AS quoted_at, a.sent_at,
               array_position(t.talk, 's') / 2 AS quote_at,
               pg_temp.draw_between(seed || ' step', 1200, 9000) * interval '1 second' AS step
          FROM demo_organisations o
          JOIN LATERAL generate_series(1, greatest(4, o.quotes / 8)) AS serial ON true
         CROSS JOIN LATERAL format('request %s %s', o.code, serial) AS seed
          JOIN demo_talks t ON t.code = o.code AND t.n = serial % t.of
          LEFT JOIN demo_answers a
            ON a.org_id = o.org_id AND a.turn = serial AND array_to_string(t.talk, '') LIKE '%{n}%'
          JOIN demo_customers c ON c.code = o.code AND c.n = pg_temp.draw(seed || ' customer', o.customers)
          JOIN demo_products p
            ON p.code = o.code AND p.rank = pg_temp.draw(seed || ' product', o.products)) AS asked;

CREATE OR REPLACE FUNCTION pg_temp.say(phrase text, sku text, product text, qty text, quote text)
RETURNS text LANGUAGE sql IMMUTABLE
RETURN replace(replace(replace(replace(phrase, '{k}', sku), '{p}', product), '{q}', qty), '{n}',
               coalesce(quote, ''));

-- What follows on the system's message follows on the quote's being sent.
CREATE TEMP TABLE demo_messages ON COMMIT DROP AS
SELECT request_id, org_id, position,
       CASE talk[2 * position + 1] WHEN 'c' THEN 'customer' WHEN 't' THEN 'team' ELSE 'system' END
           AS author,
       pg_temp.say(talk[2 * position + 2], sku, product, qty, quote) AS body,
       CASE WHEN quote IS NOT NULL AND position > quote_at
            THEN sent_at + (position - quote_at - 1) * step + interval '73 seconds'
            ELSE created_at + position * step END AS created_at
  FROM demo_requests, LATERAL generate_series(0, cardinality(talk) / 2 - 1) AS position;

-- A thread of one message is open; the customer's or the system's last word closes one that has been
-- answered, unless that word was the quote; the team's leaves it answered, until somebody tidies up.
INSERT INTO requests (org_id, request_id, title, status, customer_id, external_ref, source,
                      created_at, updated_at)
SELECT org_id, request_id, pg_temp.say(title, sku, product, qty, quote),
       CASE WHEN messages = 1 THEN 'open'
            WHEN last_author = 'customer' OR (last_author = 'system' AND quote IS NULL)
                 OR pg_temp.chance(seed || ' tidied up', 20) THEN 'closed'
            ELSE 'answered' END,
       customer_id,
       CASE source WHEN 'api' THEN format('RFQ-%s-%s', to_char(created_at, 'YYYY'),
                                          lpad(pg_temp.draw(seed || ' ref', 10000)::text, 5, '0'))
                   WHEN 'email' THEN format('<%s@mail.example>', left(request_id::text, 13)) END,
       source, created_at, last_at
  FROM demo_requests
  JOIN (SELECT request_id, count(*) AS messages, max(created_at) AS last_at,
               (array_agg(author ORDER BY position DESC))[1] AS last_author
          FROM demo_messages
         GROUP BY request_id) AS threads USING (request_id);

INSERT INTO messages (org_id, request_id, message_id, position, author, body, created_at)
SELECT org_id, request_id, pg_temp.id_of(format('message %s %s', request_id, position)), position,
       author, body, created_at
  FROM demo_messages;
