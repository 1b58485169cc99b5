//! Spark with S3A before a store that verifies what it gets, as somebody who may work below one prefix and nowhere else:
//! it writes, renames, reads and deletes partitioned Parquet there, and touches nothing that is another's.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::harness::{
    REGION,
    clients::{source, tool},
    site::alice,
    world::Stored,
};

#[test]
fn spark_works_below_its_prefix_alone_over_tls() {
    spark(&Stored::over_tls(), "NONE");
}

#[test]
fn spark_with_checksums_works_below_its_prefix_alone_plain() {
    spark(&Stored::new(), "CRC32");
}

/// `checksum` is the algorithm of uploads, or `NONE`, as hadoop-aws comes.
fn spark(world: &Stored, checksum: &str) {
    for key in ["team-b/kept", "team-a/closed/kept"] {
        world.store.lay("lake", key, b"kept");
    }
    let (libraries, program) = (tool("spark/lib/*"), source("spark/Table.java"));
    let client = world.gateway.client(&alice()).set("AWS_REGION", REGION);
    let client = client.set("CHECKSUM", checksum).set("SPARK_LOCAL_IP", "127.0.0.1");
    let scratch = format!("-Djava.io.tmpdir={}", client.home().display());
    let mut args = vec!["-Xmx1g", &scratch, "-cp", libraries.to_str().unwrap()];
    args.extend(OPENED);
    args.extend([program.to_str().unwrap(), "lake", "team-a", "team-b", "team-a/closed"]);
    client.run(&tool("bin/java"), &args);

    for folder in ["team-b", "team-a/closed"] {
        assert_eq!(world.store.bytes("lake", &format!("{folder}/kept")), b"kept");
        let names = world.store.file("lake", folder).read_dir().unwrap();
        assert_eq!(names.count(), 1, "more than `kept` in {folder}");
    }
    assert_did(world);
}

/// What is renamed is copied, in parts where it is large, and what is deleted goes many at once.
fn assert_did(world: &Stored) {
    let audit = world.gateway.audit();
    let done: BTreeSet<&str> = audit
        .iter()
        .filter(|record| record["outcome"] == "completed")
        .filter_map(|record| record["operation"].as_str())
        .collect();
    for operation in [
        "AbortMultipartUpload",
        "CompleteMultipartUpload",
        "CopyObject",
        "DeleteObject",
        "DeleteObjects",
        "GetObject",
        "HeadObject",
        "ListMultipartUploads",
        "ListObjectsV2",
        "PutObject",
        "UploadPart",
    ] {
        assert!(done.contains(operation), "no {operation} among {done:?}");
    }
    let several = |record: &Value| {
        record["operation"] == "DeleteObjects"
            && record["objects"]["permitted"].as_u64() > Some(1)
            && record["objects"]["refused"] == 0
    };
    assert!(audit.iter().any(several), "no DeleteObjects of several");
    let mixed =
        |record: &Value| record["objects"]["permitted"] == 1 && record["objects"]["refused"] == 2;
    assert!(audit.iter().any(mixed), "no DeleteObjects of which a part is refused");
    let unknown = audit.iter().find(|record| record["code"] == "NotImplemented");
    assert_eq!(unknown, None, "it asks for what is not built");
}

/// What Spark needs to see of Java, as its own `spark-submit` opens it.
const OPENED: &[&str] = &[
    "--add-opens=java.base/java.lang=ALL-UNNAMED",
    "--add-opens=java.base/java.lang.invoke=ALL-UNNAMED",
    "--add-opens=java.base/java.lang.reflect=ALL-UNNAMED",
    "--add-opens=java.base/java.io=ALL-UNNAMED",
    "--add-opens=java.base/java.net=ALL-UNNAMED",
    "--add-opens=java.base/java.nio=ALL-UNNAMED",
    "--add-opens=java.base/java.util=ALL-UNNAMED",
    "--add-opens=java.base/java.util.concurrent=ALL-UNNAMED",
    "--add-opens=java.base/java.util.concurrent.atomic=ALL-UNNAMED",
    "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
    "--add-opens=java.base/sun.nio.cs=ALL-UNNAMED",
    "--add-opens=java.base/sun.security.action=ALL-UNNAMED",
    "--add-opens=java.base/sun.util.calendar=ALL-UNNAMED",
];
