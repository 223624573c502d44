-- Atelier Brunel: bearings, seals, power transmission and stainless fasteners. Prices in euros.

-- ISO 15 boundary dimensions of the light, medium and extra light series by bore.
CREATE TEMP TABLE demo_bearings ON COMMIT DROP AS
SELECT * FROM (VALUES
    (10, '00', 26, 8, 30, 9, 35, 11), (12, '01', 28, 8, 32, 10, 37, 12),
    (15, '02', 32, 9, 35, 11, 42, 13), (17, '03', 35, 10, 40, 12, 47, 14),
    (20, '04', 42, 12, 47, 14, 52, 15), (25, '05', 47, 12, 52, 15, 62, 17),
    (30, '06', 55, 13, 62, 16, 72, 19), (35, '07', 62, 14, 72, 17, 80, 21),
    (40, '08', 68, 15, 80, 18, 90, 23), (45, '09', 75, 16, 85, 19, 100, 25),
    (50, '10', 80, 16, 90, 20, 110, 27), (55, '11', 90, 18, 100, 21, 120, 29),
    (60, '12', 95, 18, 110, 22, 130, 31), (65, '13', 100, 18, 120, 23, 140, 33),
    (70, '14', 110, 20, 125, 24, 150, 35)
) AS given (bore, code, d60, b60, d62, b62, d63, b63);

INSERT INTO demo_catalogue
SELECT 'brunel', format('RB-%s%s%s', series, b.code, suffix),
       format('Roulement à billes %s%s%s – %s×%s×%s', series, b.code, suffix, bore, outer_d, width),
       'Roulements / Billes', 'PCE', (1.6 + bore * 0.16 + width * 0.11) * weight * factor, lead,
       jsonb_build_object('alesage_mm', bore, 'diametre_exterieur_mm', outer_d, 'largeur_mm', width,
                          'etancheite', seal)
  FROM demo_bearings b,
       LATERAL (VALUES ('60', d60, b60, 1.0), ('62', d62, b62, 1.12), ('63', d63, b63, 1.5))
           AS sizes (series, outer_d, width, weight),
       (VALUES ('', 'ouvert', 1.0, 2), ('-2RS', 'joints caoutchouc', 1.14, 2),
               ('-ZZ', 'flasques acier', 1.08, 2), ('-2RS-C3', 'joints caoutchouc, jeu C3', 1.2, 4))
           AS suffixes (suffix, seal, factor, lead);

INSERT INTO demo_catalogue
SELECT 'brunel', format('RC-302%s', code),
       format('Roulement à rouleaux coniques 302%s – %s×%s', code, bore, d62),
       'Roulements / Coniques', 'PCE', 6.2 + bore * 0.34, 3,
       jsonb_build_object('alesage_mm', bore, 'diametre_exterieur_mm', d62, 'appairable', true)
  FROM demo_bearings
 WHERE bore >= 15;

INSERT INTO demo_catalogue
SELECT 'brunel', format('%s2%s', housing, code),
       format('Palier %s avec roulement UC2%s, arbre Ø%s', label, code, bore),
       'Roulements / Paliers', 'PCE', (9.5 + bore * 0.52) * factor, 4,
       jsonb_build_object('arbre_mm', bore, 'corps', 'fonte', 'graisseur', true)
  FROM demo_bearings,
       (VALUES ('UCP', 'à semelle', 1.0), ('UCF', 'applique carrée', 1.08),
               ('UCFL', 'applique ovale', 0.98)) AS housings (housing, label, factor)
 WHERE bore >= 20;

INSERT INTO demo_catalogue
SELECT 'brunel', format('BE-%s-%s', size, rubber),
       format('Bague d’étanchéité %s double lèvre, %s', replace(size, 'x', '×'), rubber),
       'Étanchéité / Bagues', 'PCE', base * CASE rubber WHEN 'FKM' THEN 3.4 ELSE 1 END,
       CASE rubber WHEN 'FKM' THEN 8 ELSE 2 END,
       jsonb_build_object('matiere', rubber,
                          'temperature_max_c', CASE rubber WHEN 'FKM' THEN 200 ELSE 100 END)
  FROM (VALUES ('20x35x7', 2.1), ('25x40x7', 2.3), ('25x47x7', 2.5), ('30x47x7', 2.6),
               ('30x52x8', 2.9), ('35x52x8', 3.1), ('40x62x10', 3.7), ('45x65x10', 4.0),
               ('50x72x10', 4.6), ('60x80x10', 5.4)) AS sizes (size, base),
       unnest(ARRAY['NBR', 'FKM']) AS rubber;

INSERT INTO demo_catalogue
SELECT 'brunel', format('JT-%sx%s-%s', lpad(d::text, 3, '0'), c, rubber),
       format('Joint torique %s×%s %s, sachet de 25', d, c, rubber), 'Étanchéité / Toriques',
       'SAC', (4.2 + d * 0.045 * c) * CASE rubber WHEN 'EPDM' THEN 1.3 ELSE 1 END, 2,
       jsonb_build_object('diametre_mm', d, 'tore_mm', c, 'matiere', rubber, 'conditionnement', 25)
  FROM unnest(ARRAY[10, 16, 20, 25, 30, 40, 50, 60, 80, 100]) AS d, unnest(ARRAY[2, 3]) AS c,
       unnest(ARRAY['NBR', 'EPDM']) AS rubber;

INSERT INTO demo_catalogue
SELECT 'brunel', format('CT-%s-%s', section, lpad(len::text, 4, '0')),
       format('Courroie trapézoïdale étroite %s %s', section, len), 'Transmission / Courroies',
       'PCE', base + len * rate, 2,
       jsonb_build_object('section', section, 'longueur_primitive_mm', len, 'antistatique', true)
  FROM (VALUES ('SPZ', 2.4, 0.0042), ('SPA', 2.9, 0.0058), ('SPB', 3.9, 0.0093))
    AS sections (section, base, rate),
       unnest(ARRAY[800, 1000, 1250, 1500, 1800, 2240]) AS len;

INSERT INTO demo_catalogue
SELECT 'brunel', format('CS-%s-%s-%s', lpad(len::text, 4, '0'), profile, width),
       format('Courroie synchrone HTD %s-%s, largeur %s', len, profile, width),
       'Transmission / Courroies', 'PCE', (3.8 + len * 0.0126) * width / 15.0, 5,
       jsonb_build_object('profil', 'HTD ' || profile, 'longueur_mm', len, 'largeur_mm', width)
  FROM unnest(ARRAY[450, 600, 800, 1000, 1200]) AS len,
       (VALUES ('5M', 15), ('5M', 25), ('8M', 30)) AS profiles (profile, width)
 WHERE profile = '5M' OR len >= 800;

INSERT INTO demo_catalogue
SELECT 'brunel', format('MA-%s-%s', bush, bore),
       format('Moyeu amovible %s, alésage %s mm', bush, bore), 'Transmission / Moyeux', 'PCE',
       5.4 + bush::int * 0.0031 + bore * 0.05, 2,
       jsonb_build_object('type', bush, 'alesage_mm', bore, 'rainure', 'DIN 6885')
  FROM (VALUES ('1108', ARRAY[14, 19, 24]), ('1610', ARRAY[19, 24, 28, 38]),
               ('2012', ARRAY[24, 28, 38, 42]), ('2517', ARRAY[28, 38, 42, 55]))
    AS bushes (bush, bores), unnest(bores) AS bore;

INSERT INTO demo_catalogue
SELECT 'brunel', format('CR-%sB-%s', chain, rows),
       format('Chaîne à rouleaux %sB-%s, au mètre', chain, rows), 'Transmission / Chaînes', 'M',
       price * rows * CASE rows WHEN 1 THEN 1 ELSE 1.15 END, 3,
       jsonb_build_object('pas_mm', pitch, 'rangs', rows, 'norme', 'ISO 606')
  FROM (VALUES ('06', 9.525, 6.4), ('08', 12.7, 8.9), ('10', 15.875, 11.8), ('12', 19.05, 15.5),
               ('16', 25.4, 27.2)) AS chains (chain, pitch, price), unnest(ARRAY[1, 2]) AS rows;

INSERT INTO demo_catalogue
SELECT 'brunel', format('VI-%s-M%sx%s', code, m, lpad(len::text, 2, '0')),
       format('Vis %s M%s×%s inox %s, boîte de %s', label, m, len, grade, pack),
       'Visserie inox', 'BTE',
       (3.1 + m * m * 0.052 + len * m * 0.0105) * pack / 100.0 * CASE grade WHEN 'A4' THEN 1.5 ELSE 1 END
           * factor, 1,
       jsonb_build_object('norme', norm, 'filetage', format('M%s', m), 'longueur_mm', len,
                          'nuance', grade || '-70', 'conditionnement', pack)
  FROM (VALUES ('CHC', 'CHC', 'ISO 4762', 'A2', 1.0), ('CHC4', 'CHC', 'ISO 4762', 'A4', 1.0),
               ('TH', 'TH', 'ISO 4017', 'A2', 0.92), ('FHC', 'FHC', 'ISO 10642', 'A2', 1.1))
    AS heads (code, label, norm, grade, factor),
       (VALUES (4, ARRAY[10, 16, 20], 200), (5, ARRAY[12, 20, 30], 200), (6, ARRAY[16, 25, 40], 100),
               (8, ARRAY[20, 30, 50], 100), (10, ARRAY[25, 40, 60], 50), (12, ARRAY[30, 50, 80], 50))
    AS sizes (m, lengths, pack), unnest(lengths) AS len;

INSERT INTO demo_catalogue
SELECT 'brunel', sku, title, category, uom, price, lead, attrs, true
  FROM (VALUES
    ('AE-24', 'Accouplement élastique à griffes taille 24, étoile 98 Sh A', 'Transmission / Accouplements', 'PCE', 28.40, 4, '{"couple_nm": 60, "etoile": "98 Sh A"}'::jsonb),
    ('AE-28', 'Accouplement élastique à griffes taille 28, étoile 98 Sh A', 'Transmission / Accouplements', 'PCE', 39.90, 4, '{"couple_nm": 160, "etoile": "98 Sh A"}'),
    ('AE-38', 'Accouplement élastique à griffes taille 38, étoile 98 Sh A', 'Transmission / Accouplements', 'PCE', 61.50, 4, '{"couple_nm": 325, "etoile": "98 Sh A"}'),
    ('AE-ET24', 'Étoile de rechange taille 24', 'Transmission / Accouplements', 'PCE', 7.80, 1, '{"durete": "98 Sh A"}'),
    ('LM-20', 'Limiteur de couple à friction, alésage 20', 'Transmission / Limiteurs', 'PCE', 148.00, 15, '{"couple_nm": [10, 60]}'),
    ('GR-LI2-18', 'Graisse lithium EP2, seau de 18 kg', 'Lubrification', 'PCE', 124.00, 3, '{"grade": "NLGI 2"}'),
    ('GR-AL1', 'Graisse alimentaire NSF H1, au kilo', 'Lubrification', 'KG', 21.60, 5, '{"grade": "NLGI 1", "alimentaire": true}'),
    ('HU-VG220', 'Huile pour réducteurs ISO VG 220, en vrac', 'Lubrification', 'L', 4.70, 3, '{"viscosite_mm2_s": 220}'),
    ('HU-VG46', 'Huile hydraulique HM 46, en vrac', 'Lubrification', 'L', 3.35, 3, '{"viscosite_mm2_s": 46}'),
    ('CL-8x7-M', 'Acier à clavettes 8×7 C45, barre au mètre', 'Visserie et assemblage', 'M', 6.90, 2, '{"norme": "DIN 6880"}'),
    ('CL-10x8-M', 'Acier à clavettes 10×8 C45, barre au mètre', 'Visserie et assemblage', 'M', 9.80, 2, '{"norme": "DIN 6880"}'),
    ('CO-EXT', 'Coffret de circlips extérieurs, 300 pièces', 'Visserie et assemblage', 'JEU', 24.50, 2, '{"pieces": 300}'),
    ('CO-TOR', 'Coffret de joints toriques NBR, 382 pièces', 'Étanchéité / Toriques', 'JEU', 31.80, 2, '{"pieces": 382}'),
    ('EX-3B', 'Extracteur de roulements à trois bras', 'Outillage', 'PCE', 67.00, 6, '{"ouverture_mm": [30, 120]}'),
    ('CH-IND', 'Chauffe-roulements à induction 3,6 kVA', 'Outillage', 'PCE', 1890.00, 28, '{"puissance_kva": 3.6, "masse_max_kg": 40}'),
    ('FR-243', 'Frein-filet moyen 50 ml', 'Collage et freinage', 'PCE', 13.90, 1, '{"volume_ml": 50}'),
    ('FR-638', 'Colle de blocage cylindrique 50 ml', 'Collage et freinage', 'PCE', 17.20, 1, '{"volume_ml": 50}')
  ) AS given (sku, title, category, uom, price, lead, attrs);
