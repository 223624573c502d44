-- Dar Al-Masamir: bolts, studs and anchors for plant and building. Prices in Kuwaiti dinars.

INSERT INTO demo_catalogue
SELECT 'masamir', format('HB-M%s-%s-%s', lpad(m::text, 2, '0'), lpad(len::text, 3, '0'), code),
       format('Hex bolt M%s × %s, %s, box of %s', m, len, label, pack), 'Bolts / Hex', 'BOX',
       (0.7 + m * m * 0.014 + m * len * 0.0046) * pack / 100.0 * factor, lead,
       jsonb_build_object('thread', format('M%s', m), 'length_mm', len, 'standard', standard,
                          'class', class, 'finish', finish, 'pack', pack)
  FROM (VALUES (8, ARRAY[25, 40, 60], 200), (10, ARRAY[30, 50, 80], 100), (12, ARRAY[40, 60, 80, 100], 100),
               (16, ARRAY[50, 80, 100, 120], 50), (20, ARRAY[60, 80, 100, 150], 25), (24, ARRAY[80, 120, 160], 25),
               (30, ARRAY[100, 150, 200], 10), (36, ARRAY[120, 180], 5)) AS sizes (m, lengths, pack), unnest(lengths) AS len,
       (VALUES ('88Z', '8.8 zinc plated', 'ISO 4017', '8.8', 'zinc', 1.0, 2),
               ('88G', '8.8 hot-dip galvanised', 'ISO 4014', '8.8', 'HDG', 1.45, 4),
               ('109', '10.9 self-colour', 'ISO 4014', '10.9', 'plain', 1.3, 4),
               ('A4', 'stainless A4-70', 'ISO 4017', 'A4-70', 'plain', 3.2, 10))
           AS finishes (code, label, standard, class, finish, factor, lead);

INSERT INTO demo_catalogue
SELECT 'masamir', format('SB-%s-%s-%s', code, lpad(len::text, 3, '0'), coat),
       format('Stud bolt %s" × %s mm, ASTM A193 B7 with two 2H nuts, %s', inch, len, label),
       'Bolts / Studs', 'SET', base * len / 100.0 * factor, lead,
       jsonb_build_object('diameter_in', inch, 'length_mm', len, 'grade', 'B7/2H', 'coating', label,
                          'certificate', 'EN 10204 3.1')
  FROM (VALUES ('050', '1/2', 0.310, ARRAY[75, 90, 110]), ('062', '5/8', 0.455, ARRAY[90, 110, 130]),
               ('075', '3/4', 0.640, ARRAY[110, 130, 150]), ('087', '7/8', 0.905, ARRAY[130, 150, 180]),
               ('100', '1', 1.185, ARRAY[150, 180, 220]), ('112', '1 1/8', 1.620, ARRAY[180, 220, 260]), ('125', '1 1/4', 2.140, ARRAY[200, 240, 280]),
               ('150', '1 1/2', 3.350, ARRAY[240, 280, 320]))
           AS sizes (code, inch, base, lengths), unnest(lengths) AS len,
       (VALUES ('PL', 'plain', 1.0, 3), ('HG', 'hot-dip galvanised', 1.3, 7),
               ('PT', 'PTFE blue', 1.55, 14)) AS coats (coat, label, factor, lead);

INSERT INTO demo_catalogue
SELECT 'masamir', format('HN-M%s-%s', lpad(m::text, 2, '0'), code),
       format('Hex nut M%s, %s, box of %s', m, label, pack), 'Nuts and washers', 'BOX',
       (0.31 + m * m * 0.0093) * pack / 100.0 * factor, 2,
       jsonb_build_object('thread', format('M%s', m), 'standard', 'ISO 4032', 'pack', pack)
  FROM (VALUES (8, 500), (10, 250), (12, 250), (16, 100), (20, 50), (24, 50), (30, 25))
    AS sizes (m, pack),
       (VALUES ('8Z', 'class 8 zinc plated', 1.0), ('8G', 'class 8 hot-dip galvanised', 1.5),
               ('A4', 'stainless A4-80', 3.4)) AS finishes (code, label, factor);

INSERT INTO demo_catalogue
SELECT 'masamir', format('FW-M%s-%s', lpad(m::text, 2, '0'), code),
       format('Flat washer M%s, %s, box of %s', m, label, pack), 'Nuts and washers', 'BOX',
       (0.12 + m * m * 0.0021) * pack / 100.0 * factor, 2,
       jsonb_build_object('for', format('M%s', m), 'standard', 'ISO 7089', 'pack', pack)
  FROM (VALUES (8, 1000), (10, 500), (12, 500), (16, 250), (20, 100), (24, 100), (30, 50))
    AS sizes (m, pack),
       (VALUES ('Z', '200 HV zinc plated', 1.0), ('G', 'hot-dip galvanised', 1.5),
               ('A4', 'stainless A4', 3.1)) AS finishes (code, label, factor);

INSERT INTO demo_catalogue
SELECT 'masamir', format('SP-M%s-%s', lpad(m::text, 2, '0'), code),
       format('Spring washer M%s, %s, box of %s', m, label, pack), 'Nuts and washers', 'BOX',
       (0.10 + m * m * 0.0017) * pack / 100.0 * factor, 2,
       jsonb_build_object('for', format('M%s', m), 'standard', 'DIN 127 B', 'pack', pack)
  FROM (VALUES (8, 1000), (10, 500), (12, 500), (16, 250), (20, 100), (24, 100), (30, 50))
    AS sizes (m, pack),
       (VALUES ('Z', 'zinc plated', 1.0), ('A4', 'stainless A4', 3.0)) AS finishes (code, label, factor);

INSERT INTO demo_catalogue
SELECT 'masamir', format('HH-%s-%s', code, coat),
       format('Heavy hex nut %s", ASTM A194 2H, %s', inch, label), 'Nuts and washers', 'PCS',
       base * factor, lead,
       jsonb_build_object('diameter_in', inch, 'grade', '2H', 'certificate', 'EN 10204 3.1')
  FROM (VALUES ('050', '1/2', 0.065), ('062', '5/8', 0.095), ('075', '3/4', 0.140),
               ('087', '7/8', 0.205), ('100', '1', 0.290), ('112', '1 1/8', 0.410),
               ('125', '1 1/4', 0.560), ('150', '1 1/2', 0.930)) AS sizes (code, inch, base),
       (VALUES ('PL', 'plain', 1.0, 3), ('HG', 'hot-dip galvanised', 1.35, 7))
           AS coats (coat, label, factor, lead);

INSERT INTO demo_catalogue
SELECT 'masamir', format('TR-M%s-%s', lpad(m::text, 2, '0'), code),
       format('Threaded rod M%s, %s, cut to length', m, label), 'Threaded rod', 'M',
       (0.09 + m * m * 0.0037) * factor, lead,
       jsonb_build_object('thread', format('M%s', m), 'standard', 'DIN 976', 'bar_m', 3)
  FROM unnest(ARRAY[8, 10, 12, 16, 20, 24, 30, 36]) AS m,
       (VALUES ('48Z', '4.8 zinc plated', 1.0, 1), ('88P', '8.8 plain', 1.35, 3),
               ('B7', 'ASTM A193 B7', 2.4, 5), ('A4', 'stainless A4', 4.1, 10))
           AS grades (code, label, factor, lead);

INSERT INTO demo_catalogue
SELECT 'masamir', format('AN-%s-M%s-%s', kind, lpad(m::text, 2, '0'), lpad(len::text, 3, '0')),
       format('%s M%s × %s, box of %s', label, m, len, pack), 'Anchors', 'BOX',
       (0.9 + m * 0.115 + len * 0.0088) * factor * pack / 25.0, 3,
       jsonb_build_object('thread', format('M%s', m), 'length_mm', len, 'pack', pack,
                          'approval', approval)
  FROM (VALUES ('WA', 'Wedge anchor, zinc', 1.0, 'ETA option 7'),
               ('WG', 'Wedge anchor, hot-dip galvanised', 1.6, 'ETA option 7'),
               ('SA', 'Sleeve anchor, zinc', 0.6, NULL)) AS kinds (kind, label, factor, approval),
       (VALUES (8, ARRAY[75, 95], 100), (10, ARRAY[80, 120], 50), (12, ARRAY[100, 140], 50),
               (16, ARRAY[125, 175], 25), (20, ARRAY[170], 10)) AS sizes (m, lengths, pack),
       unnest(lengths) AS len;

INSERT INTO demo_catalogue
SELECT 'masamir', format('SC-M%s-%s', lpad(m::text, 2, '0'), lpad(len::text, 3, '0')),
       format('Socket cap screw M%s × %s, 12.9 black, box of %s', m, len, pack), 'Bolts / Socket',
       'BOX', (0.4 + m * m * 0.0085 + m * len * 0.0026) * pack / 100.0, 3,
       jsonb_build_object('thread', format('M%s', m), 'length_mm', len, 'standard', 'ISO 4762',
                          'class', '12.9', 'pack', pack)
  FROM (VALUES (5, ARRAY[12, 20, 30], 200), (6, ARRAY[16, 25, 40], 200), (8, ARRAY[20, 30, 50], 100),
               (10, ARRAY[25, 40, 60], 100), (12, ARRAY[30, 50, 80], 50), (16, ARRAY[40, 60, 100], 25))
    AS sizes (m, lengths, pack), unnest(lengths) AS len;

INSERT INTO demo_catalogue
SELECT 'masamir', format('UB-%s-%s', lpad((nb * 100)::int::text, 3, '0'), code),
       format('U-bolt for %s" pipe, %s, with nuts', trim_scale(nb), label), 'Pipe supports', 'PCS',
       (0.42 + nb * 0.31) * factor, 5,
       jsonb_build_object('pipe_in', trim_scale(nb), 'rod', CASE WHEN nb < 4 THEN 'M10' ELSE 'M16' END)
  FROM unnest(ARRAY[1, 1.5, 2, 3, 4, 6, 8]) AS nb,
       (VALUES ('Z', 'zinc plated', 1.0), ('G', 'hot-dip galvanised', 1.4), ('S', 'stainless 316', 3.3))
    AS finishes (code, label, factor);

INSERT INTO demo_catalogue
SELECT 'masamir', sku, title, category, uom, price, lead, attrs, true
  FROM (VALUES
    ('CA-410', 'Chemical anchor, vinylester, 410 ml', 'Anchors', 'PCS', 2.850, 2, '{"volume_ml": 410, "shelf_life_months": 12}'::jsonb),
    ('CA-GUN', 'Applicator gun for 410 ml cartridges', 'Anchors', 'PCS', 11.500, 2, '{}'),
    ('SD-55-25', 'Self-drilling screw 5.5 × 25 with EPDM washer, box of 500', 'Screws', 'BOX', 4.150, 1, '{"pack": 500, "drills_mm": 5}'),
    ('SD-63-32', 'Self-drilling screw 6.3 × 32 with EPDM washer, box of 250', 'Screws', 'BOX', 3.375, 1, '{"pack": 250, "drills_mm": 6}'),
    ('DS-35-35', 'Drywall screw 3.5 × 35, phosphated, box of 1,000', 'Screws', 'BOX', 2.050, 1, '{"pack": 1000}'),
    ('BR-48-12', 'Blind rivet 4.8 × 12, aluminium/steel, box of 500', 'Rivets', 'BOX', 2.695, 1, '{"pack": 500}'),
    ('NL-50', 'Concrete nail 50 mm مسمار خرسانة', 'Nails', 'KG', 0.655, 1, '{"length_mm": 50}'),
    ('NL-75', 'Concrete nail 75 mm مسمار خرسانة', 'Nails', 'KG', 0.640, 1, '{"length_mm": 75}'),
    ('BW-16', 'Binding wire 1.6 mm, black annealed, coil', 'Nails', 'KG', 0.485, 1, '{"coil_kg": 20}'),
    ('SW-050', 'Spiral wound gasket 1/2" 150#, SS316/graphite', 'Gaskets', 'PCS', 0.925, 7, '{"class": 150, "standard": "ASME B16.20"}'),
    ('SW-200', 'Spiral wound gasket 2" 150#, SS316/graphite', 'Gaskets', 'PCS', 1.450, 7, '{"class": 150, "standard": "ASME B16.20"}'),
    ('SW-600', 'Spiral wound gasket 6" 300#, SS316/graphite', 'Gaskets', 'PCS', 4.275, 7, '{"class": 300, "standard": "ASME B16.20"}'),
    ('AB-M24-600', 'Anchor bolt M24 × 600, J-type, galvanised برغي تثبيت', 'Anchors', 'PCS', 3.180, 7, '{"thread": "M24", "length_mm": 600}'),
    ('AB-M30-800', 'Anchor bolt M30 × 800, J-type, galvanised برغي تثبيت', 'Anchors', 'PCS', 6.240, 7, '{"thread": "M30", "length_mm": 800}'),
    ('AS-1K', 'Anti-seize copper paste, 1 kg', 'Consumables', 'PCS', 5.900, 2, '{"kg": 1}'),
    ('TT-12', 'PTFE thread tape 12 mm × 10 m', 'Consumables', 'PCS', 0.095, 1, '{}')
  ) AS given (sku, title, category, uom, price, lead, attrs);
