// Carries bodies of every size into BUCKET and back by the Java SDK v2, and compares them.
//
// What software.amazon.awssdk:s3 2.57.8 was seen to send as `x-amz-content-sha256`, always with Content-Length:
//
//                               over TLS                                  plain
//     default, each algorithm   STREAMING-UNSIGNED-PAYLOAD-TRAILER        STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER
//     WHEN_REQUIRED             UNSIGNED-PAYLOAD                          STREAMING-AWS4-HMAC-SHA256-PAYLOAD
//     not chunked               UNSIGNED-PAYLOAD, checksum in a header    the hash, checksum in a header
//     payload signed            STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER  the same
//       and WHEN_REQUIRED       STREAMING-AWS4-HMAC-SHA256-PAYLOAD        the same
//
// The client that does not block sends over plain HTTP what it sends over TLS by default, asked to sign or not; not chunked, the hash.
// Large bodies come with `Expect: 100-continue`.

import java.io.ByteArrayInputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.cert.CertificateFactory;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import software.amazon.awssdk.core.async.AsyncRequestBody;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4FamilyHttpSigner;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.S3BaseClientBuilder;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.auth.scheme.S3AuthSchemeProvider;
import software.amazon.awssdk.services.s3.model.ChecksumAlgorithm;
import software.amazon.awssdk.services.s3.model.ChecksumMode;
import software.amazon.awssdk.services.s3.model.DeletedObject;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;

public final class Carry {
    static final int MIB = 1 << 20;
    static final int[] SIZES = {0, 1, 5 * MIB - 1, 5 * MIB};
    static final byte[] BIG = noise(100 * MIB);
    static String bucket;
    static TrustManager[] trusted;

    /** One set of settings that people have, for the client that blocks and the one that does not. */
    record Settings(String name, Consumer<S3BaseClientBuilder<?, ?>> chosen) {
        S3Client client() {
            var http = Apache5HttpClient.builder();
            if (trusted != null) http.tlsTrustManagersProvider(() -> trusted);
            var builder = S3Client.builder().httpClientBuilder(http).forcePathStyle(true);
            chosen.accept(builder);
            return builder.build();
        }

        S3AsyncClient async() {
            var http = NettyNioAsyncHttpClient.builder();
            if (trusted != null) http.tlsTrustManagersProvider(() -> trusted);
            var builder = S3AsyncClient.builder().httpClientBuilder(http).forcePathStyle(true).multipartEnabled(true)
                .multipartConfiguration(c -> c.minimumPartSizeInBytes(5L * MIB).thresholdInBytes(5L * MIB));
            chosen.accept(builder);
            return builder.build();
        }
    }

    static final List<Settings> ALL = List.of(
        new Settings("default", builder -> {}),
        new Settings("WHEN_REQUIRED", builder ->
            builder.requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)),
        new Settings("not chunked", builder ->
            builder.serviceConfiguration(c -> c.chunkedEncodingEnabled(false))),
        new Settings("payload signed", Carry::signPayload),
        new Settings("payload signed, WHEN_REQUIRED", builder -> {
            signPayload(builder);
            builder.requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED);
        }));

    /** Signs the body over TLS also, as over plain HTTP. */
    static void signPayload(S3BaseClientBuilder<?, ?> builder) {
        var usual = S3AuthSchemeProvider.defaultProvider();
        builder.authSchemeProvider(asked -> usual.resolveAuthScheme(asked).stream()
            .map(option -> option.toBuilder().putSignerProperty(AwsV4FamilyHttpSigner.PAYLOAD_SIGNING_ENABLED, true).build())
            .toList());
    }

    public static void main(String[] args) throws Exception {
        bucket = args[0];
        trusted = trusted(System.getenv("AWS_CA_BUNDLE"));
        for (var settings : ALL) {
            try (var s3 = settings.client(); var async = settings.async()) {
                for (int size : SIZES) {
                    put(s3, "put, " + settings.name, noise(size), put -> {});
                    stream(s3, "stream, " + settings.name, noise(size));
                    streamOfUnknownLength(s3, async, "stream of unknown length, " + settings.name, noise(size));
                }
                coded(s3, settings.name);
                put(s3, "put, " + settings.name, BIG, put -> {});
                parts(s3, async, "parts, " + settings.name, BIG, put -> {});
                deleteMany(s3, settings.name);
            }
        }
        // CRC64NVME would need the native library of aws-crt.
        try (var s3 = ALL.get(0).client(); var async = ALL.get(0).async()) {
            for (var algorithm : List.of("CRC32", "CRC32C", "SHA1", "SHA256")) {
                var chosen = ChecksumAlgorithm.fromValue(algorithm);
                for (int size : SIZES) {
                    hasChecksum(put(s3, "put, " + algorithm, noise(size), put -> put.checksumAlgorithm(chosen)), chosen);
                }
                hasChecksum(parts(s3, async, "two parts, " + algorithm, noise(5 * MIB + 1),
                    put -> put.checksumAlgorithm(chosen)), chosen);
            }
            parts(s3, async, "parts, SHA256", BIG, put -> put.checksumAlgorithm(ChecksumAlgorithm.SHA256));
        }
    }

    static HeadObjectResponse put(S3Client s3, String what, byte[] sent, Consumer<PutObjectRequest.Builder> more) throws Exception {
        s3.deleteObject(b -> b.bucket(bucket).key("java/put"));
        s3.putObject(b -> b.bucket(bucket).key("java/put").applyMutation(more), RequestBody.fromBytes(sent));
        return same(s3, what, "java/put", sent);
    }

    /** Two at once, of which the keys need XML's escapes. */
    static void deleteMany(S3Client s3, String name) {
        var keys = List.of("java/a&b", "java/c\td");
        for (var key : keys) s3.putObject(b -> b.bucket(bucket).key(key), RequestBody.fromString(key));
        var objects = keys.stream().map(key -> ObjectIdentifier.builder().key(key).build()).toList();
        var done = s3.deleteObjects(b -> b.bucket(bucket).delete(d -> d.objects(objects)));
        if (done.hasErrors() || !done.deleted().stream().map(DeletedObject::key).toList().equals(keys)) {
            throw new AssertionError("deleted, " + name + ": " + done);
        }
        for (var key : keys) {
            var left = s3.listObjectsV2(b -> b.bucket(bucket).prefix(key)).contents();
            if (!left.isEmpty()) throw new AssertionError("not deleted, " + name + ": " + left);
        }
        System.out.println("deleted, " + name);
    }

    /** From a stream of known length, which is read as it is sent. */
    static void stream(S3Client s3, String what, byte[] sent) throws Exception {
        var body = RequestBody.fromInputStream(new ByteArrayInputStream(sent), sent.length);
        s3.putObject(b -> b.bucket(bucket).key("java/stream"), body);
        same(s3, what, "java/stream", sent);
    }

    static void streamOfUnknownLength(S3Client s3, S3AsyncClient async, String what, byte[] sent) throws Exception {
        var body = AsyncRequestBody.forBlockingOutputStream(null);
        var done = async.putObject(b -> b.bucket(bucket).key("java/unknown"), body);
        try (OutputStream output = body.outputStream()) {
            output.write(sent);
        }
        done.join();
        same(s3, what, "java/unknown", sent);
    }

    static HeadObjectResponse parts(S3Client s3, S3AsyncClient async, String what, byte[] sent,
            Consumer<PutObjectRequest.Builder> more) throws Exception {
        async.putObject(b -> b.bucket(bucket).key("java/parts").applyMutation(more), AsyncRequestBody.fromBytes(sent)).join();
        return same(s3, what, "java/parts", sent);
    }

    static void coded(S3Client s3, String name) throws Exception {
        var about = put(s3, "coded, " + name, noise(70_001),
            put -> put.contentEncoding("gzip").contentType("text/x-a").metadata(Map.of("of", name)));
        check("gzip".equals(about.contentEncoding()), "coded " + about);
        check("text/x-a".equals(about.contentType()) && about.metadata().equals(Map.of("of", name)), "" + about);
        about = put(s3, "not coded, " + name, noise(70_001), put -> {});
        check(about.contentEncoding() == null, "coded " + about);
    }

    /** Gets the object, which has to be what was sent; gives what the store tells of it. */
    static HeadObjectResponse same(S3Client s3, String what, String key, byte[] sent) throws Exception {
        byte[] got = s3.getObjectAsBytes(b -> b.bucket(bucket).key(key)).asByteArrayUnsafe();
        check(Arrays.equals(sha256(got), sha256(sent)), what + ": " + got.length + " bytes are not the " + sent.length + " that were sent");
        System.out.println(what + ", " + sent.length + " bytes");
        return s3.headObject(b -> b.bucket(bucket).key(key).checksumMode(ChecksumMode.ENABLED));
    }

    static void hasChecksum(HeadObjectResponse about, ChecksumAlgorithm algorithm) {
        check(about.getValueForField("Checksum" + algorithm, String.class).isPresent(), "no " + algorithm + " in " + about);
    }

    static void check(boolean holds, String otherwise) {
        if (!holds) throw new AssertionError(otherwise);
    }

    static byte[] sha256(byte[] bytes) throws Exception {
        return MessageDigest.getInstance("SHA-256").digest(bytes);
    }

    /** The same bytes each time, which no two places share. */
    static byte[] noise(int size) {
        var bytes = new byte[size];
        new SplittableRandom(7).nextBytes(bytes);
        return bytes;
    }

    /** Who may vouch for the server: the certificates of the PEM file, or those of the system for `null`. */
    static TrustManager[] trusted(String file) throws Exception {
        if (file == null) return null;
        var store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        try (var pem = Files.newInputStream(Path.of(file))) {
            for (var certificate : CertificateFactory.getInstance("X.509").generateCertificates(pem)) {
                store.setCertificateEntry("ca" + store.size(), certificate);
            }
        }
        var factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        return factory.getTrustManagers();
    }
}
