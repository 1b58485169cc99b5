// Carries bodies of every size into BUCKET and back by the JavaScript SDK v3, and compares them.
//
// What @aws-sdk/client-s3 3.1169.0 was seen to send as `x-amz-content-sha256`:
//
//                                  over TLS                              plain
//     bytes, with a checksum       the hash, checksum in a header        the same
//     bytes, WHEN_REQUIRED         the hash                              the hash
//     stream, with a checksum      STREAMING-UNSIGNED-PAYLOAD-TRAILER,   it cannot: a stream is not read twice
//                                  without Content-Length
//     stream, WHEN_REQUIRED        UNSIGNED-PAYLOAD                      UNSIGNED-PAYLOAD
//
// Large bodies come with `Expect: 100-continue`, each then on a connection that knows nothing of an agent's `ca`: an
// authority has to be told by NODE_EXTRA_CA_CERTS.
"use strict";

const assert = require("node:assert/strict");
const { createHash } = require("node:crypto");
const { Readable } = require("node:stream");
const { S3Client, PutObjectCommand, GetObjectCommand, HeadObjectCommand, DeleteObjectCommand, DeleteObjectsCommand } = require("@aws-sdk/client-s3");
const { Upload } = require("@aws-sdk/lib-storage");

const MIB = 1 << 20;
const SIZES = [0, 1, 5 * MIB - 1, 5 * MIB];
const Bucket = process.argv[2];

/** The same bytes each time, which no two places share. */
const noise = (seed, size) => size ? createHash("shake128", { outputLength: size }).update(seed).digest() : Buffer.alloc(0);
const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
/** What can be read once and does not say how much it is. */
const stream = (bytes) =>
  Readable.from((function* () {
    for (let at = 0; at < bytes.length; at += 100_000) yield bytes.subarray(at, at + 100_000);
  })(), { objectMode: false });
const client = (settings) => new S3Client({ forcePathStyle: true, ...settings });

/** Gets `Key`, which has to be `bytes`; gives what the store tells of the object. */
async function same(s3, what, Key, bytes) {
  const got = Buffer.from(await (await s3.send(new GetObjectCommand({ Bucket, Key }))).Body.transformToByteArray());
  assert.equal(sha256(got), sha256(bytes), `${what}: ${got.length} bytes are not the ${bytes.length} that were sent`);
  console.log(`${what}, ${bytes.length} bytes`);
  return s3.send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: "ENABLED" }));
}

async function carry(s3, what, bytes, sent = {}) {
  const Key = "js/carried";
  await s3.send(new DeleteObjectCommand({ Bucket, Key }));
  await s3.send(new PutObjectCommand({ Bucket, Key, Body: bytes, ...sent }));
  return same(s3, what, Key, bytes);
}

/** A stream as one object: the SDK has its length from us, and cannot read it before it sends it. */
async function carryStream(s3, what, bytes, sent = {}) {
  const Key = "js/stream";
  await s3.send(new PutObjectCommand({ Bucket, Key, Body: stream(bytes), ContentLength: bytes.length, ...sent }));
  return same(s3, what, Key, bytes);
}

async function carryInParts(s3, what, body, bytes, sent = {}) {
  const Key = "js/parts";
  await new Upload({ client: s3, params: { Bucket, Key, Body: body, ...sent }, partSize: 5 * MIB, queueSize: 4 }).done();
  return same(s3, what, Key, bytes);
}

/** Two at once, of which the keys need XML's escapes. */
async function deleteMany(s3, name) {
  const keys = ["js/a&b", "js/c\td"];
  for (const Key of keys) await s3.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
  const Delete = { Objects: keys.map((Key) => ({ Key })) };
  const done = await s3.send(new DeleteObjectsCommand({ Bucket, Delete }));
  assert.equal(done.Errors, undefined, name);
  assert.deepEqual(done.Deleted.map(({ Key }) => Key), keys, name);
  for (const Key of keys) await assert.rejects(s3.send(new HeadObjectCommand({ Bucket, Key })), { name: "NotFound" });
  console.log(`deleted, ${name}`);
}

async function main() {
  const big = noise("big", 100 * MIB);
  const https = process.env.AWS_ENDPOINT_URL.startsWith("https:");
  for (const [name, s3] of [
    ["default", client()],
    ["WHEN_REQUIRED", client({ requestChecksumCalculation: "WHEN_REQUIRED" })],
  ]) {
    for (const size of SIZES) {
      await carry(s3, `put, ${name}`, noise("put", size));
      await carryInParts(s3, `stream of unknown length, ${name}`, stream(noise("stream", size)), noise("stream", size));
      if (https) await carryStream(s3, `stream, ${name}`, noise("stream", size));
    }
    await carryInParts(s3, `parts, ${name}`, big, big);
    await deleteMany(s3, name);

    const coded = noise("coded", 70_001);
    const Metadata = { of: name };
    let about = await carry(s3, `coded, ${name}`, coded, { ContentEncoding: "gzip", ContentType: "text/x-a", Metadata });
    assert.equal(about.ContentEncoding, "gzip");
    assert.equal(about.ContentType, "text/x-a");
    assert.deepEqual(about.Metadata, Metadata);
    about = await carry(s3, `not coded, ${name}`, coded);
    assert.equal(about.ContentEncoding, undefined);
  }

  const s3 = client();
  for (const ChecksumAlgorithm of ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"]) {
    const has = (about) => assert.ok(about[`Checksum${ChecksumAlgorithm}`], `no Checksum${ChecksumAlgorithm}`);
    for (const size of SIZES) {
      has(await carry(s3, `put, ${ChecksumAlgorithm}`, noise("sum", size), { ChecksumAlgorithm }));
      if (https) has(await carryStream(s3, `stream, ${ChecksumAlgorithm}`, noise("sum", size), { ChecksumAlgorithm }));
    }
    // Upload does not name a CRC64NVME of each part when it completes, which AWS does not need and versitygw does.
    if (ChecksumAlgorithm === "CRC64NVME") continue;
    const two = noise("sum", 5 * MIB + 1);
    has(await carryInParts(s3, `two parts, ${ChecksumAlgorithm}`, two, two, { ChecksumAlgorithm }));
  }
  await carryInParts(s3, "parts, SHA256", big, big, { ChecksumAlgorithm: "SHA256" });
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
