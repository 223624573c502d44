-- Quotes that are written out: the documented one, and amounts at the ends of their range.

INSERT INTO demo_deals (kind, code, seed, deal_id, org_id, opens, status, customer_id, currency, vat,
                        abroad, created_at, sent_at, decided_at, valid_until, updated_at)
SELECT 'quote', o.code, 'by hand ' || number, coalesce(id, pg_temp.id_of('by hand ' || number)),
       o.org_id, o.opens, status, c.customer_id, coalesce(c.currency, o.currency), coalesce(c.vat, o.vat),
       coalesce(c.abroad, false), given.created_at, sent_at, decided_at, valid_until, updated_at
  FROM (VALUES
      -- The quote of the API's documentation, member for member.
      (1, 'northfield', 'rushmere-vale-precision.example',
       '7f0c0000-0000-0000-0000-000000000000'::uuid, 'accepted',
       '2026-06-01T15:00:00Z'::timestamptz, '2026-06-02T10:30:00Z'::timestamptz,
       '2026-06-04T08:12:00Z'::timestamptz, '2026-07-01'::date, '2026-06-04T08:12:00Z'::timestamptz),
      -- Samples for nothing: every amount is zero.
      (2, 'northfield', 'yeadonby-pumps.example', NULL, 'sent',
       '2026-06-16T09:05:12Z', '2026-06-16T09:20:40Z', NULL,
       '2026-07-16', '2026-06-16T09:20:40Z'),
      -- Beyond 2^31 yen.
      (3, 'aobagahara', 'mizuhogahara-jidoka.example', NULL, 'accepted',
       '2026-03-02T02:10:00Z', '2026-03-09T00:30:00Z',
       '2026-04-17T05:45:30.5Z', '2026-05-29', '2026-04-17T05:45:30.5Z'),
      -- Beyond 2^31 fils, with VAT.
      (4, 'masamir', 'al-lulu-desalination.example', NULL, 'viewed',
       '2026-06-08T07:15:00Z', '2026-06-10T06:00:00Z', NULL,
       '2026-08-31', '2026-06-10T11:52:03.118Z'),
      -- 2^53 + 1 fils, which no double can hold. Nobody would buy for that; it is a test, and says so.
      (5, 'masamir', NULL, NULL, 'draft',
       '2026-05-31T06:58:00Z', NULL, NULL, NULL, '2026-05-31T07:01:44.000001Z')
  ) AS given (number, code, customer, id, status, created_at, sent_at, decided_at, valid_until,
              updated_at)
  JOIN demo_organisations o USING (code)
  LEFT JOIN demo_customers c ON c.code = given.code AND c.domain = given.customer;

INSERT INTO demo_lines (deal_id, position, kind, description, qty, uom, unit_price_minor,
                        discount_pct, lead_time_days, vat_exempt)
SELECT deal_id, position, line_kind, description, qty, uom, unit_price_minor, discount_pct,
       lead_time_days, vat_exempt
  FROM (VALUES
    (1, 0, 'product', '12mm 4 flute end mill', 10, 'EA', 4850, 0, 5, false),

    (2, 0, 'product', 'Trial sample: WNMG080408-PM NT4225 insert' || E'\n' || 'Free of charge – tell us how it ran 🙂', 4, 'EA', 645, 100, 2, false),
    (2, 1, 'service', 'Cutting trial at your works, engineer’s time', 2.5, 'h', 0, 0, NULL, false),

    (3, 0, 'configured', '自動倉庫向け搬送ライン 直動ユニット(480軸)' || E'\n' || '仕様書 AO-7741 第3版による', 480, '軸', 3850000, 0, 180, false),
    (3, 1, 'configured', '精密ロータリテーブル φ630 特殊仕様', 96, '台', 4260000, 2.5, 150, false),
    (3, 2, 'product', 'リニアガイド LG45 ブロック2個 レール長1480mm', 960, '本', 92700, 12.5, 60, false),
    (3, 3, 'service', '据付・試運転・操作教育(全国12拠点)', 1, '式', 186000000, 0, NULL, false),
    (3, 4, 'service', '5年間保守契約(年2回点検)', 5, '年', 24800000, 0, NULL, false),
    (3, 5, 'manual', '出精値引き前提の予備品一式 🔧', 1, '式', 38500000, 33.3333, 90, false),

    (4, 0, 'product', 'Stud bolt 1 1/2" × 320 mm, ASTM A193 B7 with two 2H nuts, PTFE blue', 84000, 'SET', 16600, 5, 120, false),
    (4, 1, 'product', 'Stud bolt 1 1/8" × 220 mm, ASTM A193 B7 with two 2H nuts, PTFE blue', 126500, 'SET', 5520, 5, 90, false),
    (4, 2, 'configured', 'Spiral wound gaskets, turnaround set of 312 per unit' || E'\n' || 'Units 14, 17 and 22 – قائمة المواد المرفقة', 3, 'SET', 41250500, 0, 75, false),
    (4, 3, 'service', 'Bolting supervision on site, two shifts', 61.5, 'DAY', 415250, 0, NULL, false),
    (4, 4, 'service', 'EN 10204 3.2 certificates with third-party witness', 42, NULL, 185000, 0, 30, false),
    (4, 5, 'manual', 'Provisional sum, spent only as instructed', 1, NULL, 75000000, 0, NULL, true),

    (5, 0, 'manual', 'Test of very large amounts – not an offer, do not send ⚠️', 1, NULL, 9007199254740993, 0, NULL, true)
  ) AS given (number, position, line_kind, description, qty, uom, unit_price_minor, discount_pct,
              lead_time_days, vat_exempt)
  JOIN demo_deals d ON d.seed = 'by hand ' || number;
