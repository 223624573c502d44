-- The sellers' customers and the people there: companies at home and some abroad.

-- A customer's name is a place or a family and a trade, in the manner of its country. weight: how
-- many customers of the country a seller has. Countries differ in tax, currency and telephone:
-- currency is what the customer is quoted in, vat the rate that it pays, null for the seller's own.
CREATE TEMP TABLE demo_markets ON COMMIT DROP AS
SELECT * FROM (VALUES
    ('northfield', 'GB', 96, NULL, NULL::numeric), ('northfield', 'IE', 8, 'EUR', 0),
    ('northfield', 'DE', 8, 'EUR', 0), ('northfield', 'PL', 5, 'EUR', 0),
    ('northfield', 'KW', 3, 'KWD', 0),
    ('brunel', 'FR', 52, NULL, NULL), ('brunel', 'DE', 8, NULL, 0), ('brunel', 'PL', 5, NULL, 0),
    ('brunel', 'GB', 5, 'GBP', 0),
    ('aobagahara', 'JP', 42, NULL, NULL), ('aobagahara', 'DE', 4, 'EUR', 0),
    ('aobagahara', 'GB', 4, 'GBP', 0),
    ('masamir', 'KW', 38, NULL, NULL), ('masamir', 'BH', 7, NULL, 0.10),
    ('parnu', 'EE', 13, NULL, NULL), ('parnu', 'DE', 2, NULL, 0)
) AS given (code, country, weight, currency, vat);

-- latin: as it stands in the domain; null: the name itself, without its accents.
CREATE TEMP TABLE demo_stems ON COMMIT DROP AS
SELECT country, (row_number() OVER (PARTITION BY country ORDER BY place) - 1)::int AS n, name, latin
  FROM (SELECT 'GB' AS country, place, name, NULL AS latin
          FROM unnest(ARRAY['Ravensmoor', 'Thornleigh', 'Harrowdale', 'Aldersyke', 'Kirkhallow',
                            'Blackfell', 'Penhallick', 'Wythenfold', 'Carrowmuir', 'Strathlorne',
                            'Llanfedwyn', 'Ashenby', 'Oakthwaite', 'Severnhythe', 'Marlowick',
                            'Dunmarrow', 'Hexholme', 'Brackenshaw', 'Foxenden', 'Greywater',
                            'Saltmarsh & Pike', 'O’Hanrahan', 'Singh & Hartwell', 'Wąsik Brothers',
                            'Tollervey', 'Beckinswade', 'Quillam', 'Rushmere Vale', 'Yeadonby',
                            'Copperhay', 'Eskmouth', 'Nethersole'])
               WITH ORDINALITY AS names (name, place)
        UNION ALL
        SELECT 'IE', place, name, NULL
          FROM unnest(ARRAY['Ballinroe', 'Ó Cearnaigh', 'Slievemór', 'Kilcarrig'])
               WITH ORDINALITY AS names (name, place)
        UNION ALL
        SELECT 'DE', place, name, NULL
          FROM unnest(ARRAY['Grünwäldle', 'Köppelmann', 'Strößner', 'Hölzenbach', 'Auerswald-Nord',
                            'Wümmetal'])
               WITH ORDINALITY AS names (name, place)
        UNION ALL
        SELECT 'PL', place, name, NULL
          FROM unnest(ARRAY['Żarnowiecki', 'Śliwoń', 'Łęgowo', 'Brzezińscy'])
               WITH ORDINALITY AS names (name, place)
        UNION ALL
        SELECT 'FR', place, name, NULL
          FROM unnest(ARRAY['Charbonnel', 'Montrevêche', 'Béraud-Lys', 'Vallorgues', 'Saint-Évremont',
                            'Père & Fils Garandeau', 'Hélias', 'Cœurdelion', 'Françon',
                            'La Roche-Noël', 'Kerguézec', 'Pradelières', 'Mazeyrac', 'Rhônalpin',
                            'Les Essarts', 'Dauphinelle', 'Ouvrard', 'Trégastin'])
               WITH ORDINALITY AS names (name, place)
        UNION ALL
        SELECT 'JP', place, name, latin
          FROM unnest(ARRAY['霧ヶ沢', '桜ノ瀬', '北見台', '蔵ノ森', '高砂野', '三ツ峰', '白鷺', '大雪原',
                            '伊豆ノ浦', '東雲', '若狭野', '鳴子平', '瑞穂ヶ原', '竹ノ内'],
                      ARRAY['kirigasawa', 'sakuranose', 'kitamidai', 'kuranomori', 'takasagono',
                            'mitsumine', 'shirasagi', 'taisetsubara', 'izunoura', 'shinonome',
                            'wakasano', 'narukodaira', 'mizuhogahara', 'takenouchi'])
               WITH ORDINALITY AS names (name, latin, place)
        UNION ALL
        SELECT 'KW', place, name, latin
          FROM unnest(ARRAY['Al-Nawras', 'Bu Khaleej', 'Al-Dhow', 'Sahel', 'شركة المرجان الأزرق',
                            'Jazirat Al-Failakiya', 'Al-Sidra', 'شركة أبراج الصحراء', 'Gulf Heron',
                            'Al-Rukn Al-Thabit', 'Shamal', 'مؤسسة نخيل الخليج', 'Desert Lantern'],
                      ARRAY[NULL, NULL, NULL, NULL, 'marjan-azraq', NULL, NULL, 'abraj-sahra', NULL,
                            NULL, NULL, 'nakheel-khaleej', NULL])
               WITH ORDINALITY AS names (name, latin, place)
        UNION ALL
        SELECT 'BH', place, name, NULL
          FROM unnest(ARRAY['Dilmun Heights', 'Al-Lulu', 'Sitrat Al-Bahr'])
               WITH ORDINALITY AS names (name, place)
        UNION ALL
        SELECT 'EE', place, name, NULL
          FROM unnest(ARRAY['Sõmerküla', 'Tõrvandi-Lõuna', 'Kõrkja', 'Mäetipu', 'Jõesuu'])
               WITH ORDINALITY AS names (name, place)) AS names;

-- pattern: %s is the place or the family; native: the same for a name that is not in Latin letters.
CREATE TEMP TABLE demo_trades ON COMMIT DROP AS
SELECT country, (row_number() OVER (PARTITION BY country ORDER BY place) - 1)::int AS n, pattern,
       latin, CASE country WHEN 'KW' THEN arabic[place] END AS native
  FROM (VALUES
    ('GB', 1, '%s Precision Engineering Ltd', 'precision'), ('GB', 2, '%s Aerospace Components Ltd', 'aero'),
    ('GB', 3, '%s Gears Ltd', 'gears'), ('GB', 4, '%s Fabrications', 'fabrications'),
    ('GB', 5, '%s Toolroom Services Ltd', 'toolroom'), ('GB', 6, '%s Pumps & Valves plc', 'pumps'),
    ('GB', 7, '%s Technical College', 'college'), ('GB', 8, '%s Motorsport Ltd', 'motorsport'),
    ('GB', 9, '%s Medical Devices Ltd', 'medical'),
    ('IE', 1, '%s Engineering Teoranta', 'engineering'), ('IE', 2, '%s Medtech DAC', 'medtech'),
    ('IE', 3, '%s Dairy Machinery Ltd', 'dairy'),
    ('DE', 1, '%s Maschinenbau GmbH', 'maschinenbau'), ('DE', 2, '%s Zerspanung GmbH & Co. KG', 'zerspanung'),
    ('DE', 3, '%s Fördertechnik AG', 'foerdertechnik'), ('DE', 4, 'Gebr. %s Werkzeugbau', 'werkzeugbau'),
    ('DE', 5, '%s Großküchen GmbH', 'grosskuechen'),
    ('PL', 1, 'Zakład Mechaniczny %s Sp. z o.o.', 'zaklad'), ('PL', 2, '%s Obróbka CNC', 'cnc'),
    ('PL', 3, '%s Przekładnie S.A.', 'przekladnie'),
    ('FR', 1, 'Mécanique %s SARL', 'mecanique'), ('FR', 2, '%s Usinage SAS', 'usinage'),
    ('FR', 3, 'Ateliers %s', 'ateliers'), ('FR', 4, '%s Convoyeurs SA', 'convoyeurs'),
    ('FR', 5, 'Fonderie %s', 'fonderie'), ('FR', 6, 'Laiterie %s', 'laiterie'),
    ('FR', 7, '%s Hydraulique SAS', 'hydraulique'), ('FR', 8, 'Scierie %s & Cie', 'scierie'),
    ('JP', 1, '株式会社%s製作所', 'seisakusho'), ('JP', 2, '%s精機株式会社', 'seiki'),
    ('JP', 3, '%s自動化システム株式会社', 'jidoka'), ('JP', 4, '%s電子工業株式会社', 'denshi'),
    ('JP', 5, '有限会社%s鉄工所', 'tekko'), ('JP', 6, '%s包装機械株式会社', 'hoso'),
    ('KW', 1, '%s General Contracting Co. W.L.L.', 'contracting'), ('KW', 2, '%s Steel Structures', 'steel'),
    ('KW', 3, '%s Oilfield Services K.S.C.', 'oilfield'), ('KW', 4, '%s Air Conditioning Co.', 'hvac'),
    ('KW', 5, '%s Maintenance Est.', 'maintenance'),
    ('BH', 1, '%s Marine Works W.L.L.', 'marine'), ('BH', 2, '%s Aluminium Systems B.S.C.', 'aluminium'),
    ('BH', 3, '%s Desalination Services', 'desalination'),
    ('EE', 1, '%s Metall OÜ', 'metall'), ('EE', 2, '%s Põllumasinad OÜ', 'pollumasinad'),
    ('EE', 3, '%s Saeveski AS', 'saeveski')
  ) AS given (country, place, pattern, latin),
       (VALUES (ARRAY['%s للمقاولات العامة', '%s للهياكل الفولاذية', '%s لخدمات حقول النفط',
                      '%s للتكييف والتبريد', '%s لأعمال الصيانة'])) AS in_arabic (arabic);

-- Every stem meets every trade at most once: the trade moves on by one with each round of stems and
-- by five with each stem. No two sellers share a customer. n: a seller's customers, from 0; the last
-- tenth were won in 2026 and have bought nothing yet, the others before the first quote there is.
CREATE TEMP TABLE demo_customers ON COMMIT DROP AS
SELECT *, n >= of * 9 / 10 AS prospect,
       CASE WHEN n >= of * 9 / 10
            THEN pg_temp.at_work(domain || ' won',
                                 '2026-01-05'::date + pg_temp.draw(domain || ' day', 170)::int, opens)
            ELSE pg_temp.at_work(domain || ' won',
                                 org_created + 3
                                 + pg_temp.draw(domain || ' day', '2025-06-24'::date - org_created - 3)::int,
                                 opens) END AS created_at
  FROM (
SELECT o.org_id, o.code, pg_temp.id_of(format('customer %s %s', o.code, c.domain)) AS customer_id,
       (row_number() OVER (PARTITION BY o.code ORDER BY pg_temp.draw(c.domain, 1000000),
                                                        c.domain COLLATE "C") - 1)::int AS n,
       c.country, c.company, c.domain,
       coalesce(c.currency, o.currency) AS currency, coalesce(c.vat, o.vat) AS vat,
       c.vat IS NOT NULL AND c.vat = 0 AS abroad, o.opens, o.customers AS of,
       o.created_at::date AS org_created
  FROM demo_organisations o
  JOIN (SELECT m.code, m.country, m.currency, m.vat,
               format(CASE WHEN s.latin IS NULL THEN t.pattern ELSE coalesce(t.native, t.pattern) END,
                      s.name) AS company,
               format('%s-%s.example', coalesce(s.latin, pg_temp.slug(s.name)), t.latin) AS domain
          FROM (SELECT *, coalesce(sum(weight) OVER (PARTITION BY country ORDER BY code COLLATE "C"
                                                     ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
                                   0) AS first
                  FROM demo_markets) AS m
          JOIN LATERAL generate_series(m.first, m.first + m.weight - 1) AS serial ON true
          JOIN (SELECT *, count(*) OVER (PARTITION BY country) AS stems FROM demo_stems) AS s
            ON s.country = m.country AND s.n = serial % s.stems
          JOIN (SELECT *, count(*) OVER (PARTITION BY country) AS trades FROM demo_trades) AS t
            ON t.country = m.country AND t.n = (serial / s.stems + s.n * 5) % t.trades) AS c USING (code)
) AS customers;

-- Ranges kept for fiction (GB, IE, DE, FR), or not in use.
CREATE OR REPLACE FUNCTION pg_temp.phone(seed text, country text) RETURNS text LANGUAGE sql IMMUTABLE
RETURN CASE country
    WHEN 'GB' THEN format('+44 1632 960%s', lpad(pg_temp.draw(seed, 1000)::text, 3, '0'))
    WHEN 'IE' THEN format('+353 20 91%s', lpad(pg_temp.draw(seed, 100000)::text, 5, '0'))
    WHEN 'DE' THEN format('+49 30 23125 %s', lpad(pg_temp.draw(seed, 1000)::text, 3, '0'))
    WHEN 'PL' THEN format('+48 00 %s', lpad(pg_temp.draw(seed, 10000000)::text, 7, '0'))
    WHEN 'FR' THEN format('+33 4 65 71 %s %s', lpad(pg_temp.draw(seed, 100)::text, 2, '0'),
                          lpad(pg_temp.draw(seed || ' end', 100)::text, 2, '0'))
    WHEN 'JP' THEN format('+81 22 000 %s', lpad(pg_temp.draw(seed, 10000)::text, 4, '0'))
    WHEN 'KW' THEN format('+965 3000 %s', lpad(pg_temp.draw(seed, 10000)::text, 4, '0'))
    WHEN 'BH' THEN format('+973 0000 %s', lpad(pg_temp.draw(seed, 10000)::text, 4, '0'))
    WHEN 'EE' THEN format('+372 00 %s', lpad(pg_temp.draw(seed, 100000)::text, 5, '0'))
END;

-- updated_at: most are as they were written, some were changed since.
INSERT INTO customers (org_id, customer_id, company, email, phone, external_id, created_at, updated_at)
SELECT org_id, customer_id, company,
       CASE WHEN NOT pg_temp.chance(domain || ' no email', 8)
            THEN pg_temp.pick(domain || ' mailbox',
                              CASE country WHEN 'FR' THEN ARRAY['achats', 'contact', 'commandes']
                                           WHEN 'DE' THEN ARRAY['einkauf', 'info']
                                           WHEN 'PL' THEN ARRAY['zakupy', 'biuro']
                                           WHEN 'EE' THEN ARRAY['info', 'ost']
                                           ELSE ARRAY['purchasing', 'accounts', 'info', 'office'] END)
                 || '@' || domain END,
       CASE WHEN NOT pg_temp.chance(domain || ' no phone', 15)
            THEN pg_temp.phone(domain, country) END,
       CASE WHEN NOT pg_temp.chance(domain || ' unknown to the books', 30)
            THEN CASE code WHEN 'northfield' THEN format('ACC-%s', 20410 + n * 3)
                           WHEN 'brunel' THEN format('C%s', lpad((411 + n)::text, 6, '0'))
                           WHEN 'aobagahara' THEN format('得意先-%s', lpad((n + 1)::text, 4, '0'))
                           WHEN 'masamir' THEN format('CUS/%s/%s', country, lpad((n + 1)::text, 3, '0'))
                           ELSE (1000 + n)::text END END,
       created_at,
       CASE WHEN pg_temp.chance(domain || ' changed', 30)
            THEN greatest(created_at,
                          pg_temp.at_work(domain || ' change',
                                          '2026-01-05'::date
                                          + pg_temp.draw(domain || ' changed', 170)::int, opens))
            ELSE created_at END
  FROM demo_customers;

-- Given names and surnames as people in the country have them; many a workshop is not of one
-- tongue. latin: as they stand in an address; null: the name itself, without its accents.
CREATE TEMP TABLE demo_people ON COMMIT DROP AS
SELECT * FROM (VALUES
    ('GB', ARRAY['Zoë', 'Callum', 'Priya', 'Siân', 'Oluwaseun', 'Margaret', 'Imran', 'Rhys', 'Agnieszka',
                 'Geoff', 'Chloé', 'Hamish', 'Mei-Ling', 'Dafydd', 'Josephine', 'Kwame'], NULL::text[],
           ARRAY['Hartley', 'Okonkwo', 'Patel', 'Llewellyn', 'Brontë-Shaw', 'Ramsbottom', 'Hussain',
                 'MacAulay', 'O’Brien', 'Nowak', 'Featherstone', 'Adeyemi', 'Clegg', 'Wong'], NULL::text[],
           '%s %s'),
    ('IE', ARRAY['Niamh', 'Seán', 'Aoife', 'Pádraig'], NULL, ARRAY['Ní Bhriain', 'Ó Dónaill', 'Byrne', 'Kowalczyk'], NULL, '%s %s'),
    ('DE', ARRAY['Jürgen', 'Käthe', 'Sören', 'Ayşe', 'Matthias', 'Björn'], NULL,
           ARRAY['Müller-Lüdenscheidt', 'Weiß', 'Schröder', 'Öztürk', 'Krämer', 'Größing'], NULL, '%s %s'),
    ('PL', ARRAY['Łukasz', 'Małgorzata', 'Grażyna', 'Paweł'], NULL, ARRAY['Wójcik', 'Dąbrowska', 'Zając', 'Źrebiec'], NULL, '%s %s'),
    ('FR', ARRAY['Élodie', 'Jérôme', 'Anaïs', 'François', 'Benoît', 'Maëlle', 'Thibault', 'Yasmine', 'Noël',
                 'Agnès'], NULL,
           ARRAY['Lefèvre', 'Garçon', 'Dubreuil', 'Nguyễn', 'Bénichou', 'Château', 'Le Goff', 'Ménard',
                 'D’Aubigné', 'Traoré'], NULL, '%s %s'),
    ('JP', ARRAY['美咲', '健太', '翔', 'さくら', '直樹', '葵', '大輔', '由美子'],
           ARRAY['misaki', 'kenta', 'sho', 'sakura', 'naoki', 'aoi', 'daisuke', 'yumiko'],
           ARRAY['佐藤', '髙橋', '渡邉', '小野寺', '菊池', '五十嵐', '阿部', '工藤'],
           ARRAY['sato', 'takahashi', 'watanabe', 'onodera', 'kikuchi', 'igarashi', 'abe', 'kudo'], '%2$s %1$s'),
    ('KW', ARRAY['Fahad', 'Abdulaziz', 'Rajesh', 'Yousef', 'Maria Cristina', 'Dalal'], NULL,
           ARRAY['Al-Mutairi', 'Nair', 'Al-Rashidi', 'Santos', 'Haddad'], NULL, '%s %s'),
    ('KW', ARRAY['نورة', 'مريم', 'خالد', 'فيصل'], ARRAY['noura', 'maryam', 'khaled', 'faisal'],
           ARRAY['العنزي', 'الشمري', 'الكندري'], ARRAY['alenezi', 'alshammari', 'alkandari'], '%s %s'),
    ('BH', ARRAY['Hussain', 'Layla', 'Arun', 'Zainab'], NULL, ARRAY['Al-Khalifi', 'Al-Sayegh', 'Pillai'], NULL, '%s %s'),
    ('EE', ARRAY['Õnne', 'Tõnu', 'Külli', 'Jüri', 'Maarika'], NULL, ARRAY['Käär', 'Põldmäe', 'Tšernov', 'Sööt'], NULL, '%s %s')
) AS given (country, firsts, firsts_latin, lasts, lasts_latin, pattern);

-- One to four people a customer, the first of them the one to talk to; here and there nobody is. A
-- contact is at least a name, an address or a telephone number.
INSERT INTO contacts (org_id, contact_id, customer_id, name, email, phone, is_primary, created_at)
SELECT org_id, pg_temp.id_of('contact ' || seed), customer_id,
       CASE WHEN email_known AND pg_temp.chance(seed || ' nameless', 3) THEN NULL
            ELSE format(pattern, firsts[first], lasts[last]) END,
       CASE WHEN email_known
            THEN format('%s.%s@%s', coalesce(firsts_latin[first], pg_temp.slug(firsts[first])),
                        coalesce(lasts_latin[last], pg_temp.slug(lasts[last])), domain) END,
       CASE WHEN pg_temp.chance(seed || ' phone', 55) THEN pg_temp.phone(seed, country) END,
       serial = 0 AND NOT pg_temp.chance(domain || ' no primary', 4),
       created_at + serial * interval '26 hours'
  FROM (SELECT c.org_id, c.customer_id, c.domain, c.country, c.created_at, p.firsts, p.firsts_latin,
               p.lasts, p.lasts_latin, p.pattern, serial, c.domain || ' ' || serial AS seed,
               1 + (pg_temp.draw(c.domain || ' first', 100) + serial * 3) % cardinality(firsts) AS first,
               1 + (pg_temp.draw(c.domain || ' last', 100) + serial) % cardinality(lasts) AS last,
               NOT pg_temp.chance(c.domain || ' ' || serial || ' no email', 10) AS email_known
          FROM demo_customers c
         CROSS JOIN generate_series(0, pg_temp.pick(c.domain || ' people',
                                                    ARRAY[0, 0, 0, 1, 1, 1, 2, 2, 3])) AS serial
         CROSS JOIN LATERAL (SELECT * FROM demo_people
                              WHERE country = c.country
                              ORDER BY pg_temp.draw(c.domain || serial || firsts[1], 1000000),
                                       firsts[1] COLLATE "C"
                              LIMIT 1) AS p) AS people;
