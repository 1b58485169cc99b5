// Writes, renames, reads and deletes partitioned Parquet below PREFIX in BUCKET by Spark over S3A, as a user who may work
// there and nowhere else, and shows that nothing else can be touched.
//
//     Table.java BUCKET PREFIX OTHER…
//
// Each OTHER is a folder of the bucket that holds one object, `kept`, and is closed to the user.
//
// What Spark 4.1 with hadoop-aws 3.4.3 (Java SDK v2 2.35.4) was seen to ask, and for what:
//
//     HeadObject, ListObjectsV2     each look at a path: as an object, then as a folder; of the folder above PREFIX too,
//                                   whose refusal it takes for no answer
//     PutObject                     a file, and a folder's empty object `name/`
//     CopyObject                    each file of a rename, with `x-amz-copy-source-if-match`
//     DeleteObject, DeleteObjects   a file; what was copied, and a folder's objects
//     GetObject                     with `Range` and, for its change detection, `If-Match`
//     ListMultipartUploads          at both ends of a job of the magic committer
//
// As `x-amz-content-sha256`, over TLS: UNSIGNED-PAYLOAD, also of DeleteObjects, which has Content-MD5 and a CRC-32 in a
// header; with `fs.s3a.checksum.generation`, STREAMING-UNSIGNED-PAYLOAD-TRAILER for files and parts, not for DeleteObjects.
//
// HeadBucket comes only where `fs.s3a.bucket.probe` is 2.

import java.nio.ByteBuffer;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileRange;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.mapreduce.lib.output.TextOutputFormat;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;
import scala.Tuple2;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.concat;
import static org.apache.spark.sql.functions.lit;

public final class Table {
    static final int MIB = 1 << 20;
    static final int ROWS = 999;
    static final int DAYS = 3;
    /** The algorithm of uploads, or NONE, as hadoop-aws comes. */
    static final String CHECKSUM = System.getenv("CHECKSUM");
    static SparkSession spark;
    static FileSystem fs;

    public static void main(String[] args) throws Exception {
        trust(System.getenv("AWS_CA_BUNDLE"));
        var root = new Path("s3a://" + args[0] + "/");
        var mine = new Path(root, args[1]);
        spark = session();
        try {
            fs = FileSystem.get(root.toUri(), spark.sparkContext().hadoopConfiguration());
            table(new Path(mine, "table"), new Path(mine, "renamed"));
            parts(new Path(mine, "parts"), new Path(mine, "copied"));
            magic(new Path(mine, "magic"));
            for (var other : Arrays.asList(args).subList(2, args.length)) {
                closed(mine, new Path(root, other));
            }
            bulk(root, new Path(mine, "bulk"), Arrays.asList(args).subList(2, args.length));
        } finally {
            spark.stop();
        }
    }

    static SparkSession session() {
        var s3a = "spark.hadoop.fs.s3a.";
        return SparkSession.builder().master("local[2]").appName("table")
            .config("spark.ui.enabled", "false")
            .config("spark.log.level", "WARN")
            .config("spark.sql.shuffle.partitions", "2")
            .config("spark.driver.host", "127.0.0.1")
            .config("spark.local.dir", System.getProperty("java.io.tmpdir"))
            .config("spark.hadoop.hadoop.tmp.dir", System.getProperty("java.io.tmpdir"))
            .config(s3a + "endpoint", System.getenv("AWS_ENDPOINT_URL"))
            .config(s3a + "endpoint.region", System.getenv("AWS_REGION"))
            .config(s3a + "access.key", System.getenv("AWS_ACCESS_KEY_ID"))
            .config(s3a + "secret.key", System.getenv("AWS_SECRET_ACCESS_KEY"))
            .config(s3a + "path.style.access", "true")
            // Nothing that goes wrong is hidden by a second try.
            .config(s3a + "attempts.maximum", "1")
            .config(s3a + "retry.limit", "0")
            .config(s3a + "checksum.generation", !CHECKSUM.equals("NONE"))
            .config(s3a + "create.checksum.algorithm", CHECKSUM)
            .config(s3a + "multipart.size", "5M")
            .getOrCreate();
    }

    /** By the committer that renames, which is copying and deleting. */
    static void table(Path table, Path renamed) throws Exception {
        var rows = spark.range(ROWS)
            .withColumn("day", col("id").mod(DAYS))
            .withColumn("text", concat(lit("row "), col("id")));
        for (var mode : List.of(SaveMode.ErrorIfExists, SaveMode.Overwrite)) {
            rows.write().mode(mode).partitionBy("day").parquet(table.toString());
            sameRows(table, mode);
        }
        check(fs.rename(table, renamed), "not renamed");
        sameRows(renamed, "renamed");
        check(!fs.exists(table), "still there after its rename");
        check(fs.exists(new Path(renamed, "_SUCCESS")), "no _SUCCESS");
        check(fs.delete(renamed, true), "not deleted");
        check(!fs.exists(renamed), "still there after its deletion");
        System.out.println("table");
    }

    static void sameRows(Path table, Object what) throws Exception {
        var day = spark.read().parquet(table.toString()).filter("day = 1");
        var texts = day.select("text").as(Encoders.STRING()).collectAsList();
        Set<String> expected = new HashSet<>();
        for (int id = 1; id < ROWS; id += DAYS) expected.add("row " + id);
        check(texts.size() == expected.size() && expected.equals(new HashSet<>(texts)), what + ": " + texts);
        var folders = Stream.of(fs.listStatus(table)).filter(entry -> entry.isDirectory()).count();
        check(folders == DAYS, what + ": " + folders + " partitions");
    }

    /** A file of several parts: written, renamed, read at random places; one whose upload is given up. */
    static void parts(Path file, Path copied) throws Exception {
        var sent = new byte[12 * MIB + 1];
        new SplittableRandom(7).nextBytes(sent);
        try (var out = fs.create(file)) {
            out.write(sent);
        }
        check(fs.rename(file, copied), "not renamed");
        check(fs.getFileStatus(copied).getLen() == sent.length, "another length");
        var ranges = List.of(FileRange.createFileRange(3, 70_001), FileRange.createFileRange(6 * MIB, MIB),
            FileRange.createFileRange(12 * MIB, 1));
        var got = new byte[sent.length];
        try (var in = fs.open(copied)) {
            in.readFully(0, got);
            in.readVectored(ranges, ByteBuffer::allocate);
            for (var range : ranges) {
                var from = (int) range.getOffset();
                var expected = ByteBuffer.wrap(sent, from, range.getLength());
                check(range.getData().get().equals(expected), "other bytes from " + from);
            }
        }
        check(Arrays.equals(got, sent), "other bytes");

        var abandoned = new Path(file.getParent(), "abandoned");
        var out = fs.create(abandoned);
        out.write(sent);
        check(!out.abort().alreadyClosed(), "closed already");
        check(!fs.exists(abandoned), "written by an upload that was given up");
        check(fs.delete(copied, false), "not deleted");
        System.out.println("parts");
    }

    /** By the committer that completes uploads at the end of the job. Spark's Parquet does not use it without a jar of its own. */
    static void magic(Path folder) throws Exception {
        var conf = new Configuration(spark.sparkContext().hadoopConfiguration());
        conf.set("mapreduce.outputcommitter.factory.scheme.s3a", "org.apache.hadoop.fs.s3a.commit.S3ACommitterFactory");
        conf.set("fs.s3a.committer.name", "magic");
        // Without a key a line is its value alone.
        var pairs = List.of(new Tuple2<String, String>(null, "one"), new Tuple2<String, String>(null, "two"));
        new JavaSparkContext(spark.sparkContext()).parallelizePairs(pairs, 2)
            .saveAsNewAPIHadoopFile(folder.toString(), String.class, String.class, TextOutputFormat.class, conf);
        var lines = spark.read().text(folder.toString()).as(Encoders.STRING()).collectAsList();
        check(Set.copyOf(lines).equals(Set.of("one", "two")), "" + lines);
        try (var success = fs.open(new Path(folder, "_SUCCESS"))) {
            var text = new String(success.readAllBytes());
            check(text.contains("\"committer\":\"magic\""), text);
        }
        check(fs.delete(folder, true), "not deleted");
        System.out.println("magic");
    }

    interface Attempt {
        void run() throws Exception;
    }

    static void closed(Path mine, Path other) throws Exception {
        var kept = new Path(other, "kept");
        var own = new Path(mine, "own");
        try (var out = fs.create(own)) {
            out.write(1);
        }
        var rows = spark.range(1).toDF();
        denied("write a table", () -> rows.write().parquet(new Path(other, "table").toString()));
        denied("overwrite the folder", () -> rows.write().mode(SaveMode.Overwrite).parquet(other.toString()));
        denied("read a table", () -> spark.read().parquet(other.toString()).count());
        denied("write", () -> fs.create(kept).close());
        denied("make a folder", () -> fs.mkdirs(new Path(other, "folder")));
        denied("read", () -> fs.open(kept).close());
        denied("list", () -> fs.listStatus(other));
        denied("delete", () -> fs.delete(kept, false));
        denied("delete the folder", () -> fs.delete(other, true));
        denied("rename out of it", () -> fs.rename(kept, new Path(mine, "taken")));
        denied("rename into it", () -> fs.rename(own, new Path(other, "given")));
        check(fs.delete(own, false), "own file is gone");
        check(!fs.exists(new Path(mine, "taken")), "taken from " + other);
        System.out.println("closed: " + other);
    }

    /** One DeleteObjects of what may be deleted and what may not. */
    static void bulk(Path root, Path folder, List<String> others) throws Exception {
        var own = new Path(folder, "own");
        try (var out = fs.create(own)) {
            out.write(1);
        }
        var closed = others.stream().map(other -> new Path(new Path(root, other), "kept")).toList();
        try (var bulk = fs.createBulkDelete(root)) {
            var asked = Stream.concat(Stream.of(own), closed.stream()).toList();
            var failed = bulk.bulkDelete(asked);
            check(Set.copyOf(failed.stream().map(entry -> entry.getKey()).toList()).equals(Set.copyOf(closed)), "" + failed);
            for (var entry : failed) {
                check(entry.getValue().contains("fs:DeleteObject"), "" + entry);
            }
        }
        check(!fs.exists(own), "what may be deleted is there");
        System.out.println("bulk");
    }

    static void denied(String what, Attempt attempt) throws Exception {
        try {
            attempt.run();
        } catch (Exception refused) {
            for (Throwable cause = refused; cause != null; cause = cause.getCause()) {
                if (cause instanceof AccessDeniedException) return;
            }
            throw refused;
        }
        throw new AssertionError("not denied: " + what);
    }

    static void check(boolean holds, String otherwise) {
        if (!holds) throw new AssertionError(otherwise);
    }

    /** Has the certificates of the PEM file vouch for servers, instead of the system's. */
    static void trust(String file) throws Exception {
        if (file == null) return;
        var store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        try (var pem = Files.newInputStream(java.nio.file.Path.of(file))) {
            for (var certificate : CertificateFactory.getInstance("X.509").generateCertificates(pem)) {
                store.setCertificateEntry("ca" + store.size(), certificate);
            }
        }
        var trusted = java.nio.file.Path.of("trust.p12").toAbsolutePath();
        var password = "changeit";
        try (var out = Files.newOutputStream(trusted)) {
            store.store(out, password.toCharArray());
        }
        System.setProperty("javax.net.ssl.trustStore", trusted.toString());
        System.setProperty("javax.net.ssl.trustStorePassword", password);
    }
}
