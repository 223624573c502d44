-- Northfield Tooling: cutting tools, holders, measuring, consumables. Prices in pounds.

-- DIN 6527 L: overall and cutting length by diameter; price of the four-flute end mill.
CREATE TEMP TABLE demo_end_mills ON COMMIT DROP AS
SELECT * FROM (VALUES
    (2, 57, 7, 13.20), (3, 57, 8, 13.60), (4, 57, 11, 14.10), (5, 57, 13, 16.90), (6, 57, 13, 17.80),
    (8, 63, 19, 25.40), (10, 72, 22, 34.60), (12, 83, 26, 48.50), (14, 83, 26, 68.20),
    (16, 92, 32, 79.90), (18, 92, 32, 104.00), (20, 104, 38, 118.00), (25, 121, 45, 189.00)
) AS given (d, overall, flute, price);

-- The documentation's own example is EM-1204, quoted as "12mm 4 flute end mill" at £48.50.
INSERT INTO demo_catalogue
SELECT 'northfield', format('EM-%s%s', lpad(d::text, 2, '0'), lpad(z::text, 2, '0')),
       format('%smm %s flute end mill', d, z), 'Milling / End mills', 'EA',
       price * CASE z WHEN 2 THEN 0.94 WHEN 3 THEN 0.97 WHEN 4 THEN 1 ELSE 1.16 END, 5,
       jsonb_build_object('diameter_mm', d, 'flutes', z, 'overall_length_mm', overall,
                          'flute_length_mm', flute, 'material', 'solid carbide',
                          'coating', 'AlTiN', 'standard', 'DIN 6527 L', 'shank', 'DIN 6535 HA'),
       true
  FROM demo_end_mills, unnest(ARRAY[2, 3, 4, 6]) AS z
 WHERE z < 6 OR d >= 6;

INSERT INTO demo_catalogue
SELECT 'northfield', format('EML-%s%s', lpad(d::text, 2, '0'), lpad(z::text, 2, '0')),
       format('%smm %s flute end mill, long reach', d, z), 'Milling / End mills', 'EA',
       price * 1.45, 5,
       jsonb_build_object('diameter_mm', d, 'flutes', z, 'overall_length_mm', overall + 25,
                          'flute_length_mm', flute * 2, 'material', 'solid carbide',
                          'coating', 'AlTiN', 'shank', 'DIN 6535 HA')
  FROM demo_end_mills, unnest(ARRAY[2, 4]) AS z
 WHERE d >= 3;

INSERT INTO demo_catalogue
SELECT 'northfield', format('EMA-%s03', lpad(d::text, 2, '0')),
       format('%smm 3 flute end mill for aluminium, polished', d), 'Milling / End mills', 'EA',
       price * 1.08, 3,
       jsonb_build_object('diameter_mm', d, 'flutes', 3, 'helix_deg', 45, 'coating', 'none',
                          'material', 'solid carbide', 'for', '["aluminium", "brass"]'::jsonb)
  FROM demo_end_mills;

INSERT INTO demo_catalogue
SELECT 'northfield', format('BN-%s02', lpad(d::text, 2, '0')),
       format('R%s ball nose cutter, 2 flute', trim_scale(d / 2.0)),
       'Milling / Ball nose', 'EA', price * 1.12, 5,
       jsonb_build_object('diameter_mm', d, 'radius_mm', trim_scale(d / 2.0), 'flutes', 2,
                          'tolerance_mm', 0.01, 'coating', 'TiSiN')
  FROM demo_end_mills
 WHERE d <= 20;

INSERT INTO demo_catalogue
SELECT 'northfield', format('CR-%s%s', lpad(d::text, 2, '0'), lpad((r * 10)::int::text, 2, '0')),
       format('%smm corner radius cutter R%s, 4 flute', d, r), 'Milling / Corner radius', 'EA',
       price * (1.18 + r / 20), 7,
       jsonb_build_object('diameter_mm', d, 'corner_radius_mm', r, 'flutes', 4,
                          'coating', 'AlCrN', 'hardness_up_to_hrc', 52)
  FROM demo_end_mills, unnest(ARRAY[0.5, 1.0, 2.0, 3.0]) AS r
 WHERE d BETWEEN 6 AND 20 AND r * 4 <= d;

INSERT INTO demo_catalogue
SELECT 'northfield', format('RM-%s04', lpad(d::text, 2, '0')),
       format('%smm roughing end mill, fine pitch', d), 'Milling / Roughing', 'EA',
       price * 1.25, 5,
       jsonb_build_object('diameter_mm', d, 'flutes', 4, 'profile', 'HR', 'weldon_flat', true)
  FROM demo_end_mills
 WHERE d >= 6;

INSERT INTO demo_catalogue
SELECT 'northfield', format('CM-%s%s', angle, lpad(d::text, 2, '0')),
       format('%smm chamfer mill %s°', d, angle), 'Milling / Chamfering', 'EA', price * 0.92, 5,
       jsonb_build_object('diameter_mm', d, 'angle_deg', angle, 'flutes', 4)
  FROM demo_end_mills, unnest(ARRAY[60, 90, 120]) AS angle
 WHERE d IN (4, 6, 8, 10, 12, 16);

INSERT INTO demo_catalogue
SELECT 'northfield', format('FM45-%s', lpad(d::text, 3, '0')),
       format('Ø%smm face mill 45°, %s pockets', d, z), 'Milling / Face mills', 'EA',
       96 + d * 3.1, 10,
       jsonb_build_object('diameter_mm', d, 'inserts', z, 'insert', 'SEKT1204', 'bore_mm', bore)
  FROM (VALUES (50, 4, 22), (63, 5, 22), (80, 6, 27), (100, 7, 32), (125, 8, 40), (160, 10, 40))
    AS face (d, z, bore);

-- Drills: every tenth of a millimetre up to 10, above it halves and the tapping sizes between them.
CREATE TEMP TABLE demo_drills ON COMMIT DROP AS
SELECT d::numeric(4, 1) AS d
  FROM (SELECT generate_series(2.0, 10.0, 0.1) AS d
        UNION SELECT generate_series(10.5, 16.0, 0.5)
        UNION VALUES (10.2), (12.1), (14.2)) AS sizes;

INSERT INTO demo_catalogue
SELECT 'northfield', format('DC%s-%s', depth, lpad((d * 10)::int::text, 3, '0')),
       format('%smm carbide drill %s×D%s', trim_scale(d), depth,
              CASE WHEN depth >= 5 THEN ', through coolant' ELSE '' END),
       'Drilling / Solid carbide', 'EA',
       (16 + d * 3.4 + d * d * 0.16) * CASE depth WHEN 3 THEN 1 WHEN 5 THEN 1.32 ELSE 1.85 END, 4,
       jsonb_build_object('diameter_mm', trim_scale(d), 'depth_xd', depth, 'point_deg', 140,
                          'through_coolant', depth >= 5, 'coating', 'TiAlN')
  FROM demo_drills, unnest(ARRAY[3, 5, 8]) AS depth
 WHERE d >= 3 AND (depth < 8 OR d = floor(d));

INSERT INTO demo_catalogue
SELECT 'northfield', format('DJ-%s', lpad((d * 10)::int::text, 3, '0')),
       format('%smm HSS-Co jobber drill%s', trim_scale(d),
              CASE WHEN d < 6 THEN ', pack of 10' ELSE '' END),
       'Drilling / HSS', CASE WHEN d < 6 THEN 'PK' ELSE 'EA' END,
       CASE WHEN d < 6 THEN 8.5 + d * 3.2 ELSE 1.4 + d * d * 0.065 END, 1,
       jsonb_build_object('diameter_mm', trim_scale(d), 'material', 'HSS-Co 5 %',
                          'standard', 'DIN 338', 'point_deg', 135)
       || CASE WHEN d < 6 THEN '{"pack": 10}' ELSE '{}' END::jsonb
  FROM demo_drills;

INSERT INTO demo_catalogue
SELECT 'northfield', format('DL-%s', lpad((d * 10)::int::text, 3, '0')),
       format('%smm HSS-Co long series drill', trim_scale(d)), 'Drilling / HSS', 'EA',
       2.6 + d * d * 0.11, 3,
       jsonb_build_object('diameter_mm', trim_scale(d), 'material', 'HSS-Co 5 %',
                          'standard', 'DIN 340', 'point_deg', 130)
  FROM demo_drills
 WHERE d * 2 = floor(d * 2) AND d BETWEEN 3 AND 13;

INSERT INTO demo_catalogue
SELECT 'northfield', format('SD-%s%s', angle, lpad(d::text, 2, '0')),
       format('%smm spot drill %s°', d, angle), 'Drilling / Spotting', 'EA', 14 + d * 2.3, 3,
       jsonb_build_object('diameter_mm', d, 'angle_deg', angle, 'material', 'solid carbide')
  FROM unnest(ARRAY[4, 6, 8, 10, 12, 16]) AS d, unnest(ARRAY[90, 120]) AS angle;

-- Threading, ISO metric coarse.
CREATE TEMP TABLE demo_threads ON COMMIT DROP AS
SELECT * FROM (VALUES (3, 0.5, 2.5), (4, 0.7, 3.3), (5, 0.8, 4.2), (6, 1, 5), (8, 1.25, 6.8),
                      (10, 1.5, 8.5), (12, 1.75, 10.2), (14, 2, 12), (16, 2, 14), (20, 2.5, 17.5))
    AS given (m, pitch, hole);

INSERT INTO demo_catalogue
SELECT 'northfield', format('TP-M%s-%s', m, form),
       format('M%s×%s %s tap', m, trim_scale(pitch), label), 'Threading / Taps', 'EA',
       (13.5 + m * m * 0.17) * factor, lead,
       jsonb_build_object('thread', format('M%s', m), 'pitch_mm', trim_scale(pitch),
                          'tapping_drill_mm', CASE form WHEN 'FT' THEN NULL ELSE trim_scale(hole) END,
                          'tolerance', '6H', 'material', 'HSS-E-PM')
  FROM demo_threads,
       (VALUES ('SP', 'spiral point', 1.0, 2), ('SF', 'spiral flute', 1.1, 2),
               ('FT', 'forming', 1.35, 6), ('LH', 'left-hand spiral flute', 1.9, 15))
    AS kinds (form, label, factor, lead)
 WHERE form <> 'LH' OR m IN (6, 8, 10, 12);

INSERT INTO demo_catalogue
SELECT 'northfield', format('TP-M%sx%s-%s', m, pitch, form),
       format('M%s×%s fine %s tap', m, pitch, label), 'Threading / Taps', 'EA',
       (19 + m * m * 0.18) * factor, 4,
       jsonb_build_object('thread', format('M%s×%s', m, pitch), 'pitch_mm', pitch,
                          'tapping_drill_mm', m - pitch, 'tolerance', '6H', 'material', 'HSS-E-PM')
  FROM (VALUES (8, 1), (10, 1), (10, 1.25), (12, 1.25), (12, 1.5), (14, 1.5), (16, 1.5), (20, 1.5))
    AS fine (m, pitch),
       (VALUES ('SP', 'spiral point', 1.0), ('SF', 'spiral flute', 1.1)) AS kinds (form, label, factor);

INSERT INTO demo_catalogue
SELECT 'northfield', format('DI-M%s', m), format('M%s×%s round die, HSS', m, trim_scale(pitch)),
       'Threading / Dies', 'EA', 9.4 + m * 0.95, 2,
       jsonb_build_object('thread', format('M%s', m), 'pitch_mm', trim_scale(pitch),
                          'standard', 'DIN 223')
  FROM demo_threads;

INSERT INTO demo_catalogue
SELECT 'northfield', format('TM-M%s', m), format('M%s solid carbide thread mill, 2×D', m),
       'Threading / Thread mills', 'EA', 58 + m * 5.2, 7,
       jsonb_build_object('thread', format('M%s', m), 'pitch_mm', trim_scale(pitch),
                          'through_coolant', m >= 8)
  FROM demo_threads
 WHERE m BETWEEN 4 AND 16;

INSERT INTO demo_catalogue
SELECT 'northfield', format('RH7-%s', lpad((d * 10)::int::text, 3, '0')),
       format('%smm machine reamer H7', trim_scale(d)), 'Drilling / Reamers', 'EA',
       24 + d * 3.3, 5,
       jsonb_build_object('diameter_mm', trim_scale(d), 'fit', 'H7', 'material', 'HSS-E',
                          'standard', 'DIN 212')
  FROM generate_series(3.0, 20.0, 0.5) AS d;

-- Turning inserts, sold by the box of ten: shape and size by radius, chip breaker and grade.
INSERT INTO demo_catalogue
SELECT 'northfield', format('%s%s-%s-%s', shape, radius, breaker, grade),
       format('%s%s-%s %s insert, box of 10', shape, radius, breaker, grade),
       'Turning / Inserts', 'BX', price * factor, lead,
       jsonb_build_object('iso', shape || radius, 'corner_radius_mm', trim_scale(radius::numeric / 10),
                          'chip_breaker', breaker, 'grade', grade, 'for', suits, 'pack', 10)
  FROM (VALUES ('CNMG1204', 62.0), ('WNMG0804', 64.5), ('DNMG1506', 71.0), ('TNMG1604', 55.5),
               ('CCMT09T3', 58.0), ('DCMT11T3', 59.5), ('VBMT1604', 74.0)) AS shapes (shape, price),
       unnest(ARRAY['04', '08', '12']) AS radius,
       (VALUES ('PM', 'NT4225', 1.0, 2, '["steel"]'::jsonb),
               ('MM', 'NT2035', 1.08, 2, '["stainless steel"]'),
               ('KR', 'NT3210', 0.98, 5, '["cast iron"]'),
               ('AL', 'NT10', 1.15, 5, '["aluminium"]'),
               ('PF', 'NT4215', 1.04, 3, '["steel"]')) AS grades (breaker, grade, factor, lead, suits)
 WHERE radius <> '12' OR (shape NOT IN ('CCMT09T3', 'DCMT11T3', 'VBMT1604')
                          AND breaker NOT IN ('AL', 'PF'));

INSERT INTO demo_catalogue
SELECT 'northfield', format('%s%s%s', style, CASE hand WHEN 'right' THEN 'R' ELSE 'L' END, size),
       format('%s%s%s turning holder, %s-hand', style,
              CASE hand WHEN 'right' THEN 'R' ELSE 'L' END, size, hand),
       'Turning / Holders', 'EA', price, 6,
       jsonb_build_object('shank_mm', left(size, 2)::int, 'insert', insert, 'hand', hand)
  FROM (VALUES ('PCLN', '2020K12', 'CNMG1204', 68.0), ('PCLN', '2525M12', 'CNMG1204', 72.0),
               ('MWLN', '2020K08', 'WNMG0804', 70.5), ('MWLN', '2525M08', 'WNMG0804', 74.5),
               ('PDJN', '2525M15', 'DNMG1506', 78.0), ('SCLC', '1616H09', 'CCMT09T3', 54.0),
               ('SDJC', '1616H11', 'DCMT11T3', 56.0), ('SVJB', '2020K16', 'VBMT1604', 81.0))
    AS holders (style, size, insert, price),
       unnest(ARRAY['right', 'left']) AS hand;

-- Tool holding.
INSERT INTO demo_catalogue
SELECT 'northfield', format('%s-%s', series, lpad(d::text, 2, '0')),
       format('%s collet %smm (%s–%s)', series, d, d - 1, d), 'Holding / Collets', 'EA', price, 1,
       jsonb_build_object('series', series, 'clamps_mm', jsonb_build_array(d - 1, d),
                          'run_out_mm', 0.01, 'standard', 'ISO 15488')
  FROM (VALUES ('ER16', 2, 10, 11.4), ('ER20', 3, 13, 11.9), ('ER25', 3, 16, 12.6),
               ('ER32', 4, 20, 13.2), ('ER40', 6, 26, 15.8)) AS collets (series, low, high, price),
       generate_series(low, high, CASE series WHEN 'ER40' THEN 2 ELSE 1 END) AS d;

INSERT INTO demo_catalogue
SELECT 'northfield', format('%s-%s', taper, tool), format('%s %s', taper, label),
       'Holding / Chucks', 'EA', base * factor, lead,
       jsonb_build_object('taper', taper, 'balanced', 'G2.5 25,000 rpm', 'projection_mm', projection)
  FROM (VALUES ('BT30', 74.0), ('BT40', 82.0), ('BT50', 118.0), ('SK40', 84.0), ('SK50', 121.0),
               ('HSK-A63', 131.0))
    AS tapers (taper, base),
       (VALUES ('ER16-070', 'collet chuck ER16', 1.0, 70, 3), ('ER32-100', 'collet chuck ER32', 1.1, 100, 3),
               ('WE16-090', 'Weldon holder Ø16', 1.05, 90, 3), ('WE20-090', 'Weldon holder Ø20', 1.08, 90, 3),
               ('HY12-090', 'hydraulic chuck Ø12', 3.3, 90, 12), ('HY20-100', 'hydraulic chuck Ø20', 3.5, 100, 12),
               ('SF12-090', 'shrink-fit holder Ø12', 1.6, 90, 5), ('FM27-060', 'face mill arbor Ø27', 1.3, 60, 5))
    AS tools (tool, label, factor, projection, lead);

INSERT INTO demo_catalogue
SELECT 'northfield', sku, title, category, uom, price, lead, attrs, true
  FROM (VALUES
    ('VS-125', 'Precision machine vice 125mm', 'Work holding', 'EA', 412.00, 14, '{"jaw_width_mm": 125, "opening_mm": 200, "repeatability_mm": 0.01}'::jsonb),
    ('VS-160', 'Precision machine vice 160mm', 'Work holding', 'EA', 538.00, 14, '{"jaw_width_mm": 160, "opening_mm": 250, "repeatability_mm": 0.01}'),
    ('VS-5AX-96', '5-axis self-centring vice 96mm', 'Work holding', 'EA', 1286.00, 28, '{"jaw_width_mm": 96, "zero_point": true}'),
    ('ZP-52', 'Zero-point plate 52mm, 4 studs', 'Work holding', 'EA', 1745.00, 35, '{"clamping_force_kn": 30, "studs": 4}'),
    ('SJ-125', 'Soft jaws for VS-125, pair', 'Work holding', 'PR', 38.50, 3, '{"material": "16MnCr5"}'),
    ('SJ-160', 'Soft jaws for VS-160, pair', 'Work holding', 'PR', 46.00, 3, '{"material": "16MnCr5"}'),
    ('PL-SET20', 'Parallels, 20 pairs, in case', 'Work holding', 'SET', 94.00, 5, '{"pairs": 20, "hardness_hrc": 58}'),
    ('TC-58', 'T-slot clamping kit, 58 pieces', 'Work holding', 'SET', 76.50, 5, '{"slot_mm": 14, "thread": "M12"}'),
    ('MB-25', 'Magnetic base with fine adjustment', 'Measuring', 'EA', 61.00, 2, '{"holding_force_n": 800}'),
    ('DC-150', 'Digital caliper 150mm, IP67', 'Measuring', 'EA', 98.00, 2, '{"range_mm": 150, "resolution_mm": 0.01, "protection": "IP67"}'),
    ('DC-300', 'Digital caliper 300mm, IP67', 'Measuring', 'EA', 214.00, 5, '{"range_mm": 300, "resolution_mm": 0.01, "protection": "IP67"}'),
    ('MM-025', 'Micrometer 0–25mm', 'Measuring', 'EA', 112.00, 2, '{"range_mm": [0, 25], "resolution_mm": 0.001}'),
    ('MM-050', 'Micrometer 25–50mm', 'Measuring', 'EA', 128.00, 2, '{"range_mm": [25, 50], "resolution_mm": 0.001}'),
    ('DTI-08', 'Dial test indicator 0.8mm', 'Measuring', 'EA', 104.00, 2, '{"range_mm": 0.8, "resolution_mm": 0.01}'),
    ('EF-10', 'Edge finder Ø10mm', 'Measuring', 'EA', 24.90, 1, '{"shank_mm": 10}'),
    ('PG-M6', 'Thread plug gauge M6 6H, go/no-go', 'Measuring', 'EA', 48.00, 8, '{"thread": "M6", "tolerance": "6H"}'),
    ('PG-M8', 'Thread plug gauge M8 6H, go/no-go', 'Measuring', 'EA', 51.00, 8, '{"thread": "M8", "tolerance": "6H"}'),
    ('PG-M10', 'Thread plug gauge M10 6H, go/no-go', 'Measuring', 'EA', 55.00, 8, '{"thread": "M10", "tolerance": "6H"}'),
    ('GB-47', 'Gauge block set, 47 pieces, grade 1', 'Measuring', 'SET', 389.00, 21, '{"pieces": 47, "grade": "1"}'),
    ('SP-A2', 'Surface plate 630 × 400mm, granite', 'Measuring', 'EA', 318.00, 21, '{"grade": "0", "weight_kg": 98}'),
    ('CF-SS20', 'Semi-synthetic coolant, 20 l drum', 'Fluids', 'EA', 84.00, 2, '{"litres": 20, "mix_percent": "5–8"}'),
    ('CF-SS205', 'Semi-synthetic coolant, 205 l drum', 'Fluids', 'EA', 690.00, 6, '{"litres": 205, "mix_percent": "5–8"}'),
    ('CF-NO-B', 'Neat cutting oil, bulk', 'Fluids', 'L', 4.35, 6, '{"viscosity_mm2_s": 22}'),
    ('CF-SW-B', 'Slideway oil ISO VG 68, bulk', 'Fluids', 'L', 3.95, 4, '{"viscosity_mm2_s": 68}'),
    ('CF-TP500', 'Tapping paste, 500 g', 'Fluids', 'EA', 16.20, 1, '{"grams": 500}'),
    ('BS-27-46', 'Bandsaw blade coil M42 27×0.9, 4/6 tpi', 'Sawing', 'M', 5.85, 3, '{"width_mm": 27, "tpi": "4/6", "welded": false}'),
    ('BS-27-68', 'Bandsaw blade coil M42 27×0.9, 6/8 tpi', 'Sawing', 'M', 5.85, 3, '{"width_mm": 27, "tpi": "6/8", "welded": false}'),
    ('BS-34-34', 'Bandsaw blade coil M42 34×1.1, 3/4 tpi', 'Sawing', 'M', 7.60, 3, '{"width_mm": 34, "tpi": "3/4", "welded": false}'),
    ('SR-16', 'Silver steel round bar Ø16, BS 1407', 'Stock', 'M', 12.40, 3, '{"diameter_mm": 16, "tolerance": "h8"}'),
    ('SR-25', 'Silver steel round bar Ø25, BS 1407', 'Stock', 'M', 26.70, 3, '{"diameter_mm": 25, "tolerance": "h8"}'),
    ('GF-2515', 'Gauge plate 25 × 15mm, O1', 'Stock', 'M', 33.10, 3, '{"section_mm": [25, 15], "grade": "O1"}'),
    ('FD-115-60', 'Flap disc 115mm, zirconia 60', 'Abrasives', 'EA', 2.15, 1, '{"diameter_mm": 115, "grit": 60}'),
    ('FD-115-80', 'Flap disc 115mm, zirconia 80', 'Abrasives', 'EA', 2.15, 1, '{"diameter_mm": 115, "grit": 80}'),
    ('CD-115-1', 'Cutting disc 115 × 1mm, inox', 'Abrasives', 'EA', 0.82, 1, '{"diameter_mm": 115, "thickness_mm": 1}'),
    ('GW-200-60', 'Grinding wheel 200mm, white alumina 60', 'Abrasives', 'EA', 41.50, 5, '{"diameter_mm": 200, "grit": 60}'),
    ('DB-KIT', 'Deburring starter set 🛠️', 'Hand tools', 'SET', 36.00, 1, '{"pieces": 12}'),
    ('DB-B10', 'Deburring blade, pack of 10', 'Hand tools', 'PK', 14.80, 1, '{"pack": 10}'),
    ('HX-BALL9', 'Ball-end hex keys 1.5–10mm, 9 pieces', 'Hand tools', 'SET', 23.50, 1, '{"pieces": 9}'),
    ('TW-ER32', 'Torque wrench for ER32 nuts, 10–100 Nm', 'Hand tools', 'EA', 168.00, 7, '{"range_nm": [10, 100]}'),
    ('NT-ER32', 'Clamping nut ER32, balanced', 'Holding / Collets', 'EA', 19.80, 1, '{"series": "ER32"}'),
    ('PS-BT40', 'Pull stud BT40 45°, through coolant', 'Holding / Chucks', 'EA', 12.90, 1, '{"taper": "BT40", "thread": "M16"}'),
    ('PS-SK40', 'Pull stud SK40, DIN 69872-A', 'Holding / Chucks', 'EA', 11.70, 1, '{"taper": "SK40", "thread": "M16"}'),
    ('FM45-SEKT', 'SEKT1204 milling insert NT4225, box of 10', 'Milling / Inserts', 'BX', 78.00, 3, '{"iso": "SEKT1204AFTN", "pack": 10}'),
    ('KIT-APP', 'Apprentice’s bench set, 24 pieces in a roll', 'Hand tools', 'SET', 129.00, 10, '{"pieces": 24, "engraving": true}')
  ) AS given (sku, title, category, uom, price, lead, attrs);
