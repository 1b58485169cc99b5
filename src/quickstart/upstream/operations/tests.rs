//! Ranges, and reads while an object is replaced.

use super::*;

fn within(range: Range, size: u64) -> Option<(u64, u64)> {
    match range_within(Some(range), size) {
        Ok(Some(Range::Int { first, last: Some(last) })) => Some((first, last)),
        Ok(_) => panic!("the range has no end"),
        Err(_) => None,
    }
}

#[test]
fn a_range_ends_in_the_object() {
    assert_eq!(within(Range::Int { first: 2, last: Some(3) }, 10), Some((2, 3)));
    assert_eq!(within(Range::Int { first: 2, last: Some(30) }, 10), Some((2, 9)));
    assert_eq!(within(Range::Int { first: 2, last: None }, 10), Some((2, 9)));
    assert_eq!(within(Range::Suffix { length: 3 }, 10), Some((7, 9)));
    assert_eq!(within(Range::Suffix { length: 30 }, 10), Some((0, 9)));
}

#[test]
fn a_range_outside_the_object_is_refused() {
    assert_eq!(within(Range::Int { first: 10, last: None }, 10), None);
    assert_eq!(within(Range::Suffix { length: 0 }, 10), None);
    assert_eq!(within(Range::Suffix { length: 3 }, 0), None);
}

async fn put(store: &LocalStore, key: &str) {
    let input = PutObjectInput {
        bucket: "lake".to_owned(),
        key: key.to_owned(),
        body: Some(s3s::Body::from("body".to_owned()).into()),
        ..PutObjectInput::default()
    };
    store.put_object(request(input)).await.unwrap();
}

#[tokio::test]
async fn a_read_goes_on_to_the_object_that_took_the_place() {
    let folder = tempfile::tempdir().unwrap();
    let store = LocalStore::open(folder.path()).unwrap();
    store.index(|index| index.create_bucket("lake", now())).await.unwrap();
    put(&store, "k").await;
    let old = store.object("lake", "k").await.unwrap();
    put(&store, "k").await;
    let lost = || s3_error!(InternalError);
    let newer = store.successor(&old, "lake", "k", lost()).await.unwrap();
    assert_ne!(newer.file, old.file);
    let error = store.successor(&newer, "lake", "k", lost()).await.unwrap_err();
    assert_eq!(error.code().as_str(), "InternalError");
}

#[tokio::test]
async fn a_replaced_object_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let store = LocalStore::open(folder.path()).unwrap();
    store.index(|index| index.create_bucket("lake", now())).await.unwrap();
    put(&store, "k").await;
    let files = || fs::read_dir(folder.path().join("files")).unwrap().count();
    let one = files();
    put(&store, "k").await;
    assert_eq!(files(), one);
}
