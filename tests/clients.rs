//! AWS CLI v1 and boto3 through the gateway to a store that verifies signatures and bodies itself, compared byte by
//! byte with what lies in the store's folder.

use std::{
    fs::{self, File},
    path::Path,
    time::{Duration, SystemTime},
};

use crate::harness::{
    clients::Client,
    pattern::{Pattern, sha256},
    site::{Site, admin, viewer},
    world::Stored,
};

#[test]
fn cli_makes_lists_and_removes_buckets() {
    let world = Stored::new();
    let client = world.gateway.client(&admin());
    client.aws(&["s3", "mb", "s3://pond"]);
    let listed = client.aws(&["s3", "ls"]);
    assert!(listed.contains("lake") && listed.contains("pond"), "{listed}");
    assert!(world.store.has("pond", ""));

    fs::write(client.home().join("a"), "a").unwrap();
    client.aws(&["s3", "cp", "a", "s3://pond/a"]);
    let refused = client.try_aws(&["s3", "rb", "s3://pond"]);
    assert!(!refused.success && refused.stderr.contains("BucketNotEmpty"), "{refused:?}");
    client.aws(&["s3", "rm", "s3://pond/a"]);
    client.aws(&["s3", "rb", "s3://pond"]);
    assert!(!world.store.has("pond", ""));
}

#[test]
fn cli_makes_a_bucket_from_another_region() {
    let world = Stored::new();
    let client = world.gateway.client(&admin()).set("AWS_DEFAULT_REGION", "eu-west-1");
    client.aws(&["s3", "mb", "s3://pond"]);
    assert!(world.store.has("pond", ""));
}

#[test]
fn cli_copies_both_ways() {
    let world = Stored::new();
    let client = world.gateway.client(&admin());
    for (name, content) in files() {
        fs::write(client.home().join("up"), &content).unwrap();
        let url = format!("s3://lake/below/{name}");
        client.aws(&["s3", "cp", "up", &url]);
        assert_eq!(
            world.store.bytes("lake", &format!("below/{name}")),
            content,
            "{name} in the store"
        );
        client.aws(&["s3", "cp", &url, "down"]);
        assert_eq!(fs::read(client.home().join("down")).unwrap(), content, "{name} on disk");
    }
    let listed = client.aws(&["s3", "ls", "--recursive", "s3://lake/"]);
    for (name, content) in files() {
        let line = listed.lines().find(|line| line.ends_with(&format!("below/{name}")));
        let line = line.unwrap_or_else(|| panic!("no {name} in {listed}"));
        assert!(line.contains(&format!(" {} ", content.len())), "{line}");
    }
}

#[test]
fn cli_presigns_a_url_that_anybody_may_use() {
    let world = Stored::new();
    let client = world.gateway.client(&admin());
    fs::write(client.home().join("up"), "to be shared").unwrap();
    client.aws(&["s3", "cp", "up", "s3://lake/a note.txt"]);
    let url = client.aws(&["s3", "presign", "s3://lake/a note.txt", "--expires-in", "60"]);
    let target = url.trim().strip_prefix(&world.gateway.url()).unwrap();
    let get = |target: &str| {
        let mut connection = world.gateway.connect();
        let host = world.gateway.s3;
        connection.send(format!("GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes());
        connection.response()
    };
    let response = get(target);
    assert_eq!((response.status(), response.body.as_slice()), (200, b"to be shared".as_slice()));
    assert_eq!(get(&target.replace("note", "vote")).status(), 403);
}

#[test]
fn cli_syncs_both_ways() {
    let world = Stored::new();
    let client = world.gateway.client(&admin());
    let (up, down) = (client.home().join("up"), client.home().join("down"));
    make_tree(&up);
    client.aws(&["s3", "sync", "up", "s3://lake/tree"]);
    for (name, content) in files() {
        assert_eq!(world.store.bytes("lake", &format!("tree/{name}")), content, "{name}");
    }
    client.aws(&["s3", "sync", "s3://lake/tree", "down"]);
    assert_same_trees(&up, &down);
    assert_eq!(
        client.aws(&["s3", "sync", "up", "s3://lake/tree"]),
        "",
        "a second time there is nothing to do"
    );

    fs::remove_file(up.join("plain")).unwrap();
    client.aws(&["s3", "sync", "--delete", "up", "s3://lake/tree"]);
    assert!(!world.store.has("lake", "tree/plain"));
    client.aws(&["s3", "sync", "--delete", "s3://lake/tree", "down"]);
    assert_same_trees(&up, &down);
}

#[test]
fn cli_moves_between_disk_and_store() {
    let world = Stored::new();
    let client = world.gateway.client(&admin());
    let file = client.home().join("a b");
    fs::write(&file, "moved").unwrap();
    client.aws(&["s3", "mv", "a b", "s3://lake/a b"]);
    assert!(!file.exists());
    assert_eq!(world.store.bytes("lake", "a b"), b"moved");
    client.aws(&["s3", "mv", "s3://lake/a b", "back"]);
    assert!(!world.store.has("lake", "a b"));
    assert_eq!(fs::read(client.home().join("back")).unwrap(), b"moved");
}

#[test]
fn cli_removes_one_object_and_all_below_a_prefix() {
    let world = Stored::new();
    let client = world.gateway.client(&admin());
    make_tree(&client.home().join("up"));
    client.aws(&["s3", "sync", "up", "s3://lake/tree"]);
    client.aws(&["s3", "cp", "up/plain", "s3://lake/treetop"]);
    client.aws(&["s3", "rm", "s3://lake/tree/plain"]);
    assert!(!world.store.has("lake", "tree/plain"));
    client.aws(&["s3", "rm", "--recursive", "s3://lake/tree/"]);
    assert_eq!(client.aws(&["s3", "ls", "--recursive", "s3://lake"]).lines().count(), 1);
    assert!(world.store.has("lake", "treetop"));
}

#[test]
fn cli_carries_100_mib_in_parts_both_ways() {
    let world = Stored::new();
    let client = world.gateway.client(&admin());
    let length = 100 << 20;
    fs::write(client.home().join("up"), Pattern::bytes(1, length)).unwrap();
    client.aws(&["s3", "cp", "--quiet", "up", "s3://lake/big"]);
    assert_eq!(sha256(&world.store.bytes("lake", "big")), Pattern::sha256(1, length));
    client.aws(&["s3", "cp", "--quiet", "s3://lake/big", "down"]);
    assert_eq!(sha256(&fs::read(client.home().join("down")).unwrap()), Pattern::sha256(1, length));
    world.gateway.wait_for_audit("CompleteMultipartUpload", |record| {
        record["operation"] == "CompleteMultipartUpload" && record["status"] == 200
    });
}

#[test]
fn cli_tells_a_viewer_which_action_is_missing() {
    let world = Stored::new();
    let client = world.gateway.client(&viewer());
    fs::write(client.home().join("a"), "a").unwrap();
    for (args, action) in [
        (&["s3", "cp", "a", "s3://lake/a"], "fs:WriteObject"),
        (&["s3", "cp", "a", "s3://lake/b/"], "fs:WriteObject"),
    ] {
        let refused = client.try_aws(args);
        assert!(!refused.success && refused.stderr.contains("AccessDenied"), "{refused:?}");
        assert!(refused.stderr.contains(action), "{refused:?}");
    }
    for (args, action) in [
        (&["s3", "rm", "s3://lake/a"], "fs:DeleteObject"),
        (&["s3", "mb", "s3://pond"], "fs:CreateRepository"),
        (&["s3", "rb", "s3://lake"], "fs:DeleteRepository"),
    ] {
        let refused = client.try_aws(args);
        assert!(!refused.success && refused.stderr.contains(action), "{refused:?}");
    }
    assert!(client.aws(&["s3", "ls"]).contains("lake"));
    assert_eq!(client.aws(&["s3", "ls", "s3://lake"]), "");
}

#[test]
fn boto3_reads_and_writes_objects_with_ranges_and_conditions() {
    run_with_store("objects");
}

#[test]
fn boto3_uploads_in_parts_lists_them_and_aborts() {
    run_with_store("multipart");
}

#[test]
fn boto3_pages_through_lists_of_both_versions() {
    run_with_store("listing");
}

#[test]
fn boto3_viewer_reads_everything_and_writes_nothing() {
    let world = Stored::new();
    let admin = world.gateway.client(&admin());
    fs::write(admin.home().join("a"), "to be read").unwrap();
    admin.aws(&["s3", "cp", "a", "s3://lake/a"]);
    world.gateway.client(&viewer()).script("viewer", &[]);
    assert_eq!(world.store.bytes("lake", "a"), b"to be read");
}

#[test]
fn boto3_speaks_to_the_gateway_as_to_the_store() {
    // The same script against the store itself: what it asserts is S3, not a habit of the gateway.
    let world = Stored::new();
    let direct = Client::with(&world.store.upstream.key, world.store.upstream.address);
    for script in ["objects", "multipart", "listing"] {
        let bucket = format!("direct-{script}");
        world.store.make_bucket(&bucket);
        direct.script(script, &[&bucket, world.store.file(&bucket, "").to_str().unwrap()]);
    }
}

#[test]
fn a_gateway_before_a_store_that_refuses_its_key_says_that_it_cannot_serve() {
    let world = Stored::new();
    let mut upstream = world.store.upstream.clone();
    upstream.key.secret.push('x');
    let site = Site::applied(&upstream);
    let gateway = site.serve();
    let ran = gateway.client(&admin()).try_aws(&["s3", "ls", "s3://lake"]);
    assert!(!ran.success && ran.stderr.contains("ServiceUnavailable"), "{ran:?}");
}

fn run_with_store(script: &str) {
    let world = Stored::new();
    let folder = world.store.file("lake", "");
    world.gateway.client(&admin()).script(script, &["lake", folder.to_str().unwrap()]);
}

/// Names that a folder can hold, and contents.
fn files() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("plain", b"plain".to_vec()),
        ("empty", Vec::new()),
        ("a space", b"a space".to_vec()),
        ("plus+equals=", b"plus".to_vec()),
        ("percent%2Fslash %25", b"percent".to_vec()),
        ("größe-日本語-🦆", Pattern::bytes(2, 300_000)),
        ("!'()*~&$@,;:", b"punctuation".to_vec()),
        ("deep/er/and/deeper", Pattern::bytes(3, 65_537)),
    ]
}

fn make_tree(folder: &Path) {
    for (name, content) in files() {
        let file = folder.join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, content).unwrap();
        // A store dates objects in whole seconds; a file of this very second would look newer.
        let past = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        File::options().write(true).open(&file).unwrap().set_modified(past).unwrap();
    }
}

fn assert_same_trees(left: &Path, right: &Path) {
    for (name, _) in files() {
        assert_eq!(fs::read(left.join(name)).ok(), fs::read(right.join(name)).ok(), "{name}");
    }
}
