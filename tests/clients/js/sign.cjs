// Prints requests that the JavaScript SDK v3 signed, one JSON object a line: requests of its client, and URLs of its
// presigner in turn, which have the headers of the request in them.
//
//     node sign.cjs HOST COUNT
//
// The key is that of the environment. Nothing is sent.
"use strict";

const { createHash } = require("node:crypto");
const s3 = require("@aws-sdk/client-s3");
const { buildQueryString } = require("@smithy/core/protocols");
const { getSignedUrl } = require("@aws-sdk/s3-request-presigner");

const [host, count] = [process.argv[2], Number(process.argv[3])];
const Bucket = "lake";
const BODY = "a body";
const PIECES = [
  "a", "B.txt", " ", "  ", "+", "=", "%", "%2F", "%20", "/", "//", "/./", "/../", "~", "-_.", "&", "?", "#", ";", ":", "@",
  "!$'()*,", "\\", '"', "<>", "ö", "ß", "☃", "日本", "🦆", "e\u0301", "\u00a0", "\u200b",
];

let state = 4;
/** The next of the same random numbers each time, below `limit`. */
const below = (limit) => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((state / 2 ** 32) * limit);
};
const one = (choices) => choices[below(choices.length)];
const text = (least, most) => Array.from({ length: least + below(most - least + 1) }, () => one(PIECES)).join("");

/** Commands for what S3 clients ask most. */
function command() {
  const Key = `k${text(0, 10)}k`;
  const UploadId = text(1, 4);
  const stored = one([
    {},
    { ContentType: "text/plain; a=b", Metadata: { a: "a  c", "odd-name": " d " } },
    { ACL: "bucket-owner-full-control", Tagging: "a=b&c=d+e", StorageClass: "STANDARD_IA" },
    { ServerSideEncryption: "AES256", CacheControl: "no-cache", ContentMD5: createHash("md5").update(BODY).digest("base64") },
  ]);
  return one([
    () => new s3.ListBucketsCommand({}),
    () => new s3.ListObjectsCommand({ Bucket, Prefix: text(0, 6), Delimiter: "/", Marker: text(1, 4) }),
    () => new s3.ListObjectsV2Command({ Bucket, Prefix: text(0, 6), Delimiter: "/", StartAfter: text(1, 4) }),
    () => new s3.GetObjectCommand({ Bucket, Key, Range: "bytes=0-9", ChecksumMode: "ENABLED" }),
    () => new s3.HeadObjectCommand({ Bucket, Key }),
    () => new s3.DeleteObjectCommand({ Bucket, Key }),
    () => new s3.PutObjectCommand({ Bucket, Key, Body: BODY, ...stored }),
    () => new s3.CreateMultipartUploadCommand({ Bucket, Key, ...stored, ContentMD5: undefined }),
    () => new s3.UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 3, Body: "a part" }),
    () => new s3.ListPartsCommand({ Bucket, Key, UploadId }),
  ])();
}

/** What a client would have sent. */
async function signed(client) {
  let sent;
  const requestHandler = {
    handle: async (request) => {
      sent = request;
      throw new Error("caught");
    },
  };
  const catching = client({ requestHandler, maxAttempts: 1 });
  await catching.send(command()).catch((error) => {
    if (error.message !== "caught") throw error;
  });
  const query = buildQueryString(sent.query);
  return {
    method: sent.method,
    target: query ? `${sent.path}?${query}` : sent.path,
    headers: Object.entries(sent.headers),
    body: sent.body ? String(sent.body) : "",
  };
}

async function url(client) {
  const asked = command();
  // A part of the URL alone, or a header that whoever has the URL must send.
  const unhoistableHeaders = new Set(one([[], ["x-amz-meta-a", "x-amz-tagging"]]));
  const given = [];
  asked.middlewareStack.add(
    (next) => (args) => {
      given.push(...Object.entries(args.request.headers));
      return next(args);
    },
    { step: "build", priority: "low" },
  );
  const signed = await getSignedUrl(client({}), asked, { expiresIn: one([60, 3600, 604_800]), unhoistableHeaders });
  // Not by `URL`, which would clean the path.
  const target = signed.slice(`http://${host}`.length);
  const listed = new URLSearchParams(target.slice(target.indexOf("?"))).get("X-Amz-SignedHeaders").split(";");
  const sent = given.filter(([name]) => name !== "host" && listed.includes(name.toLowerCase()));
  const { Body } = asked.input;
  return { method: METHODS[asked.constructor.name], target, headers: [["host", host], ...sent], body: Body ?? "" };
}

const METHODS = {
  CreateMultipartUploadCommand: "POST",
  DeleteObjectCommand: "DELETE",
  GetObjectCommand: "GET",
  HeadObjectCommand: "HEAD",
  ListBucketsCommand: "GET",
  ListObjectsCommand: "GET",
  ListObjectsV2Command: "GET",
  ListPartsCommand: "GET",
  PutObjectCommand: "PUT",
  UploadPartCommand: "PUT",
};

async function main() {
  const client = (settings) => new s3.S3Client({ endpoint: `http://${host}`, forcePathStyle: true, ...settings });
  for (let number = 0; number < count; number++) {
    console.log(JSON.stringify(await (number % 2 ? url(client) : signed(client))));
  }
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
