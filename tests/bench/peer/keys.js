// Proves API keys, and turns the database's verdict on them into answers.

import { createHash, timingSafeEqual } from "node:crypto";
import { credentialFind, pool } from "./database.js";

const FORM = /^Bearer (kbd_live_([0-9A-Za-z]{8})([0-9A-Za-z]{32}))([0-9A-Za-z]{6})$/;
const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const CREDENTIALS = Number(process.env.KABAIDO_CREDENTIAL_CACHE);

const crcTable = new Uint32Array(256).map((_, byte) => {
  for (let bit = 0; bit < 8; bit++) byte = byte & 1 ? (byte >>> 1) ^ 0xedb88320 : byte >>> 1;
  return byte;
});

function checksum(text) {
  let crc = 0xffffffff;
  for (let i = 0; i < text.length; i++) {
    crc = crcTable[(crc ^ text.charCodeAt(i)) & 0xff] ^ (crc >>> 8);
  }
  let value = (crc ^ 0xffffffff) >>> 0;
  let digits = "";
  for (let i = 0; i < 6; i++) {
    digits = DIGITS[value % 62] + digits;
    value = Math.floor(value / 62);
  }
  return digits;
}

export class Refusal extends Error {
  constructor(status, code) {
    super(code);
    this.statusCode = status;
  }
}

// Salt and digest of a credential never change; whether it is still good is asked each time.
const credentials = new Map();

async function credentialOf(publicId) {
  let credential = credentials.get(publicId);
  if (credential === undefined) {
    const { rows } = await pool.query(credentialFind(publicId));
    if (rows.length === 0) throw new Refusal(401, "invalid_key");
    credential = { ...rows[0], publicId };
    if (credentials.size >= CREDENTIALS) credentials.delete(credentials.keys().next().value);
    credentials.set(publicId, credential);
  }
  return credential;
}

export async function authenticate(header) {
  const match = FORM.exec(header ?? "");
  if (match === null || checksum(match[1]) !== match[4]) throw new Refusal(401, "invalid_key");
  const credential = await credentialOf(match[2]);
  const digest = createHash("sha256").update(credential.salt).update(match[3]).digest();
  if (!timingSafeEqual(digest, credential.hash)) throw new Refusal(401, "invalid_key");
  return credential;
}

const REFUSED = { limited: 429, plan: 403, scope: 403 };

// Throws unless the key is admitted; says what is left of its window.
export function judge({ rows: [verdict] }, reply) {
  if (verdict.verdict !== "admitted") {
    throw new Refusal(REFUSED[verdict.verdict] ?? 401, verdict.verdict);
  }
  const seconds = Math.ceil(verdict.reset_us / 1e6);
  reply.header("RateLimit-Policy", `"default";q=${verdict.quota};w=60`);
  reply.header("RateLimit", `"default";r=${verdict.remaining};t=${seconds}`);
}
