-- 青葉ヶ原精工: linear motion, miniature bearings, shafts and pins. Prices in yen.

INSERT INTO demo_catalogue
SELECT 'aobagahara', format('LG%s-%s-%s', size, blocks, lpad(len::text, 4, '0')),
       format('リニアガイド LG%s ブロック%s個 レール長%smm', size, blocks, len),
       'リニアガイド', '本', (base + len * rate) + blocks * block, 10,
       jsonb_build_object('呼び番号', format('LG%s', size), 'ブロック数', blocks, 'レール長_mm', len,
                          '予圧', '軽予圧', '精度等級', '上級')
  FROM (VALUES (15, 1200, 8.4, 3900), (20, 1500, 10.2, 4800), (25, 1900, 12.9, 6200),
               (30, 2600, 17.5, 8900), (35, 3300, 22.8, 11800), (45, 5200, 34.0, 18600))
    AS sizes (size, base, rate, block),
       unnest(ARRAY[1, 2]) AS blocks, unnest(ARRAY[220, 460, 640, 820, 1000, 1240, 1480]) AS len
 WHERE blocks = 1 OR len >= 460;

INSERT INTO demo_catalogue
SELECT 'aobagahara', format('BS%s%s-%s', lpad(d::text, 2, '0'), lpad(lead::text, 2, '0'), lpad(len::text, 4, '0')),
       format('転造ボールねじ 軸径%s リード%s 全長%smm', d, lead, len),
       'ボールねじ', '本', 9800 + d * 420 + len * d * 0.62, 14,
       jsonb_build_object('軸径_mm', d, 'リード_mm', lead, '全長_mm', len, '精度等級', 'C7')
  FROM (VALUES (8, 2), (10, 4), (12, 5), (15, 10), (20, 5), (20, 20), (25, 10)) AS screws (d, lead),
       unnest(ARRAY[300, 600, 900]) AS len
 WHERE d >= 12 OR len <= 600;

INSERT INTO demo_catalogue
SELECT 'aobagahara', format('SF%s-%s', lpad(d::text, 2, '0'), grade),
       format('精密シャフト φ%s %s 切断販売', d, label), 'シャフト', 'm',
       (900 + d * d * 6.8) * factor, 3,
       jsonb_build_object('外径_mm', d, '公差', 'g6', '材質', material)
  FROM unnest(ARRAY[5, 6, 8, 10, 12, 13, 16, 20, 25, 30, 35]) AS d,
       (VALUES ('G', '高周波焼入れ', 'SUJ2', 1.0), ('GM', '硬質クロムめっき', 'SUJ2', 1.3),
               ('S', 'ステンレス', 'SUS440C相当', 1.9)) AS grades (grade, label, material, factor);

INSERT INTO demo_catalogue
SELECT 'aobagahara', format('LB%s%s', lpad(d::text, 2, '0'), kind),
       format('リニアブッシュ φ%s %s', d, label), 'リニアブッシュ', '個',
       (480 + d * 34) * factor, 2,
       jsonb_build_object('内径_mm', d, '形式', label)
  FROM unnest(ARRAY[6, 8, 10, 12, 16, 20, 25, 30]) AS d,
       (VALUES ('U', '標準形', 1.0), ('L', 'ロング形', 1.8), ('F', 'フランジ付き', 2.1),
               ('A', 'すきま調整形', 1.15))
    AS kinds (kind, label, factor);

INSERT INTO demo_catalogue
SELECT 'aobagahara', format('%s%s', number, suffix),
       format('ミニチュア軸受 %s%s(%s×%s×%s)', number, suffix, bore, outer_d, width),
       'ミニチュア軸受', '個', price * factor, lead,
       jsonb_build_object('内径_mm', bore, '外径_mm', outer_d, '幅_mm', width, '材質', material)
  FROM (VALUES ('623', 3, 10, 4, 118), ('624', 4, 13, 5, 126), ('625', 5, 16, 5, 132),
               ('626', 6, 19, 6, 148), ('627', 7, 22, 7, 162), ('628', 8, 24, 8, 176),
               ('608', 8, 22, 7, 124), ('688', 8, 16, 4, 214), ('695', 5, 13, 4, 236),
               ('696', 6, 15, 5, 228), ('693', 3, 8, 4, 262), ('694', 4, 11, 4, 244),
               ('697', 7, 17, 5, 252), ('698', 8, 19, 6, 238), ('629', 9, 26, 8, 196)) AS sizes (number, bore, outer_d, width, price),
       (VALUES ('', 'SUJ2', 1.0, 2), ('ZZ', 'SUJ2', 1.1, 1), ('-2RS', 'SUJ2', 1.3, 2),
               ('ZZ-SUS', 'SUS440C', 2.6, 7)) AS suffixes (suffix, material, factor, lead);

INSERT INTO demo_catalogue
SELECT 'aobagahara', format('CF%s%s', lpad(d::text, 2, '0'), kind),
       format('カムフォロア φ%s %s', d, label), 'カムフォロア', '個', (620 + d * 46) * factor, 4,
       jsonb_build_object('外輪径_mm', d, '形式', label)
  FROM unnest(ARRAY[13, 16, 19, 22, 26, 30, 35, 40, 47]) AS d,
       (VALUES ('', '総ころ形', 1.0), ('R', '球面外輪', 1.05), ('B', '六角穴付き', 1.12),
               ('RB', '球面外輪 六角穴付き', 1.18))
    AS kinds (kind, label, factor);

INSERT INTO demo_catalogue
SELECT 'aobagahara', format('CP%s-%s-%s', od, lpad(a::text, 2, '0'), lpad(b::text, 2, '0')),
       format('ディスクカップリング 外径%s 軸穴%s×%s', od, a, b), 'カップリング', '個',
       3900 + od * 62, 5,
       jsonb_build_object('外径_mm', od, '軸穴_mm', jsonb_build_array(a, b), 'バックラッシ', 'なし')
  FROM (VALUES (19, ARRAY[5, 6, 8]), (26, ARRAY[6, 8, 10]), (34, ARRAY[8, 10, 12, 14]),
               (44, ARRAY[12, 14, 16, 19])) AS sizes (od, bores),
       unnest(bores) AS a, unnest(bores) AS b
 WHERE a <= b;

INSERT INTO demo_catalogue
SELECT 'aobagahara', format('DP%s-%s', lpad(d::text, 2, '0'), lpad(len::text, 2, '0')),
       format('平行ピン φ%s×%s h7 焼入れ 10本入', d, len), '位置決めピン', '袋',
       210 + d * 26 + len * d * 1.1, 1,
       jsonb_build_object('径_mm', d, '長さ_mm', len, '公差', 'h7', '入数', 10)
  FROM unnest(ARRAY[3, 4, 5, 6, 8, 10, 12]) AS d, unnest(ARRAY[10, 16, 20, 25, 30, 40, 50]) AS len
 WHERE len >= d * 2;

INSERT INTO demo_catalogue
SELECT 'aobagahara', format('CB-M%s-%s', m, lpad(len::text, 2, '0')),
       format('六角穴付ボルト M%s×%s SCM435 %s本入', m, len, pack), 'ボルト', '箱',
       (260 + m * m * 4.1 + len * m * 1.3) * pack / 100.0, 1,
       jsonb_build_object('ねじ', format('M%s', m), '長さ_mm', len, '強度区分', '12.9', '入数', pack)
  FROM (VALUES (3, ARRAY[6, 10, 16], 500), (4, ARRAY[8, 12, 20], 500), (5, ARRAY[10, 16, 25], 200),
               (6, ARRAY[12, 20, 30], 200), (8, ARRAY[16, 25, 40], 100), (10, ARRAY[20, 30, 50], 100))
    AS sizes (m, lengths, pack), unnest(lengths) AS len;

INSERT INTO demo_catalogue
SELECT 'aobagahara', sku, title, category, uom, price, lead, attrs, true
  FROM (VALUES
    ('SP-2080', 'スピンドルユニット 最高回転数20,000min⁻¹', 'ユニット', '台', 1280000, 60, '{"最高回転数_min-1": 20000, "テーパ": "HSK-E40"}'::jsonb),
    ('SP-2080R', 'スピンドルユニット オーバーホール用部品一式', 'ユニット', '式', 386000, 45, '{"対象": "SP-2080"}'),
    ('XY-150', 'XYテーブル ストローク150×150mm', 'ユニット', '台', 468000, 35, '{"ストローク_mm": [150, 150], "繰返し精度_um": 2}'),
    ('XY-300', 'XYテーブル ストローク300×300mm', 'ユニット', '台', 792000, 42, '{"ストローク_mm": [300, 300], "繰返し精度_um": 3}'),
    ('AC-400', '電動アクチュエータ ストローク400mm', 'ユニット', '台', 148000, 21, '{"ストローク_mm": 400, "リード_mm": 10}'),
    ('AC-800', '電動アクチュエータ ストローク800mm', 'ユニット', '台', 196000, 21, '{"ストローク_mm": 800, "リード_mm": 10}'),
    ('RT-200', '精密ロータリテーブル φ200', 'ユニット', '台', 545000, 35, '{"テーブル径_mm": 200, "割出し精度_秒": 15}'),
    ('GN-AFC', 'リニアガイド用グリース 70g', '潤滑', '本', 1480, 1, '{"内容量_g": 70}'),
    ('GN-LOW', '低発塵グリース クリーンルーム用 70g', '潤滑', '本', 4860, 3, '{"内容量_g": 70, "クリーン度": "クラス10"}'),
    ('GG-01', 'グリースガン 小型', '潤滑', '個', 5600, 2, '{"適用": "70gカートリッジ"}'),
    ('CVR-25', 'リニアガイド用防塵ベローズ LG25 1m', 'リニアガイド', '本', 9800, 12, '{"長さ_mm": 1000}'),
    ('OIL-32', '主軸油 ISO VG 32', '潤滑', 'L', 980, 3, '{"粘度_mm2_s": 32}'),
    ('KIT-MAINT', '保全スターターキット 🔧(グリース・ガン・ピン)', '潤滑', '式', 12800, 2, '{"点数": 9}')
  ) AS given (sku, title, category, uom, price, lead, attrs);
