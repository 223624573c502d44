-- Pärnu Laagrikeskus: a counter for bearings, seals and belts. Prices in euros.

INSERT INTO demo_catalogue
SELECT 'parnu', format('%s-%s', number, suffix), format('Kuullaager %s-%s', number, suffix),
       'Laagrid', 'tk', price * factor, 2,
       jsonb_build_object('siseläbimõõt_mm', bore, 'tihend', seal)
  FROM (VALUES ('6000', 10, 2.9), ('6001', 12, 3.1), ('6202', 15, 3.5), ('6203', 17, 3.8),
               ('6204', 20, 4.6), ('6205', 25, 5.2), ('6206', 30, 6.9), ('6207', 35, 9.4),
               ('6208', 40, 11.2), ('6305', 25, 8.1), ('6306', 30, 10.6), ('6308', 40, 18.4))
    AS sizes (number, bore, price),
       (VALUES ('2RS', 'kummitihend', 1.0), ('ZZ', 'plekktihend', 0.95)) AS suffixes (suffix, seal, factor);

INSERT INTO demo_catalogue
SELECT 'parnu', 'ST-' || size, format('Simmertihend %s', replace(size, 'x', '×')), 'Tihendid', 'tk',
       price, 2, '{"materjal": "NBR"}'
  FROM (VALUES ('20x35x7', 2.4), ('25x40x7', 2.6), ('25x47x7', 2.8), ('28x40x7', 2.7),
               ('30x47x7', 3.0), ('30x52x8', 3.3), ('35x52x8', 3.5), ('38x52x7', 3.6),
               ('40x62x10', 4.2), ('45x62x8', 4.3), ('45x65x10', 4.6), ('50x72x10', 5.2),
               ('55x80x8', 5.9), ('60x80x10', 6.3)) AS sizes (size, price);

INSERT INTO demo_catalogue
SELECT 'parnu', format('KR-%s%s', section, len), format('Kiilrihm %s%s', section, len), 'Rihmad',
       'tk', base + len * 0.006, 3,
       jsonb_build_object('profiil', section, 'pikkus_mm', len)
  FROM (VALUES ('A', 2.2), ('B', 3.6)) AS sections (section, base),
       unnest(ARRAY[800, 1000, 1120, 1250, 1400, 1600, 1800, 2000]) AS len;

INSERT INTO demo_catalogue
SELECT 'parnu', sku, title, category, uom, price, lead, attrs, true
  FROM (VALUES
    ('PL-UCP205', 'Laagripukk UCP205', 'Laagrid', 'tk', 18.90, 3, '{"võll_mm": 25}'::jsonb),
    ('PL-UCP206', 'Laagripukk UCP206', 'Laagrid', 'tk', 22.40, 3, '{"võll_mm": 30}'),
    ('PL-UCF205', 'Laagripukk UCF205', 'Laagrid', 'tk', 20.10, 3, '{"võll_mm": 25}'),
    ('PL-UCF206', 'Laagripukk UCF206', 'Laagrid', 'tk', 23.80, 3, '{"võll_mm": 30}'),
    ('KL-30205', 'Koonuslaager 30205', 'Laagrid', 'tk', 9.80, 3, '{"siseläbimõõt_mm": 25}'),
    ('KL-30206', 'Koonuslaager 30206', 'Laagrid', 'tk', 11.90, 3, '{"siseläbimõõt_mm": 30}'),
    ('KL-32008', 'Koonuslaager 32008', 'Laagrid', 'tk', 16.50, 3, '{"siseläbimõõt_mm": 40}'),
    ('NL-HK2020', 'Nõellaager HK2020', 'Laagrid', 'tk', 5.40, 4, '{"siseläbimõõt_mm": 20}'),
    ('RK-08B', 'Rullkett 08B-1', 'Ketid', 'm', 9.90, 2, '{"samm_mm": 12.7}'),
    ('RK-10B', 'Rullkett 10B-1', 'Ketid', 'm', 12.60, 2, '{"samm_mm": 15.875}'),
    ('RK-12B', 'Rullkett 12B-1', 'Ketid', 'm', 16.80, 2, '{"samm_mm": 19.05}'),
    ('RK-08B-L', 'Ketilukk 08B-1', 'Ketid', 'tk', 1.20, 1, '{}'),
    ('RK-10B-L', 'Ketilukk 10B-1', 'Ketid', 'tk', 1.50, 1, '{}'),
    ('MÄ-LI2', 'Liitiummääre EP2, 400 g', 'Määrded', 'tk', 6.80, 1, '{"kogus_g": 400}'),
    ('MÄ-KETT', 'Ketimääre, aerosool 500 ml', 'Määrded', 'tk', 9.20, 1, '{"kogus_ml": 500}'),
    ('ÕLI-220', 'Reduktoriõli ISO VG 220', 'Määrded', 'L', 5.60, 2, '{"viskoossus_mm2_s": 220}'),
    ('OR-KMP', 'O-rõngaste komplekt, 419 tk', 'Tihendid', 'kmpl', 34.90, 2, '{"tükke": 419}'),
    ('SR-KMP', 'Seegerrõngaste komplekt, 300 tk', 'Kinnitid', 'kmpl', 26.50, 2, '{"tükke": 300}'),
    ('VK-8x7', 'Võllikiil 8×7×40', 'Kinnitid', 'tk', 1.10, 1, '{"pikkus_mm": 40}'),
    ('VK-10x8', 'Võllikiil 10×8×50', 'Kinnitid', 'tk', 1.60, 1, '{"pikkus_mm": 50}'),
    ('TL-M', 'Tihendilint, meetrikaup', 'Tihendid', 'm', 0.85, 1, '{"laius_mm": 12}'),
    ('VL-16', 'Voolik hüdraulika 1/2", meetrikaup', 'Hüdraulika', 'm', 7.40, 2, '{"rõhk_bar": 275}'),
    ('VL-10', 'Voolik hüdraulika 3/8", meetrikaup', 'Hüdraulika', 'm', 6.10, 2, '{"rõhk_bar": 330}'),
    ('HL-12', 'Hüdrauliline kiirliide 1/2"', 'Hüdraulika', 'tk', 14.70, 2, '{"keere": "G1/2"}'),
    ('TM-3J', 'Laagritõmmits, kolmeharuline 🔩', 'Tööriistad', 'tk', 58.00, 5, '{"haare_mm": [30, 120]}'),
    ('LK-50', 'Laagriliim 50 ml', 'Liimid', 'tk', 18.30, 2, '{"kogus_ml": 50}'),
    ('KL-243', 'Keermeliim keskmine 50 ml', 'Liimid', 'tk', 15.20, 2, '{"kogus_ml": 50}'),
    ('PK-KÄTE', 'Kätepesupasta 5 l', 'Muu', 'tk', 22.00, 2, '{"maht_l": 5}')
  ) AS given (sku, title, category, uom, price, lead, attrs);
