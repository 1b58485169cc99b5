//! Secrets at rest: what the file shows, and what it cannot be made to do.

use std::sync::Arc;

use sigv::{AccessKeyId, SecretKey};
use store::{
    AccessKey, Callers, CredentialEntry, Redb, SecretText, Store, StoreError, UserSettings,
};

use crate::world::{NOW, SECRET, World, id, secret, text};

#[tokio::test]
async fn l04_the_file_holds_no_secret() {
    let world = World::new().await;
    world.user("alice", "AKIAALICE", UserSettings::default()).await;
    let path = world.path();
    let folder = world.close();
    let bytes = std::fs::read(&path).unwrap();
    let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds("AKIAALICE"), "the search finds what is there");
    assert!(!holds(SECRET));
    assert!(!holds(SECRET.get(..12).unwrap()));
    assert!(!holds("long enough, truly"));
    drop(folder);
}

#[tokio::test]
async fn l04_sealed_secrets_of_two_records_cannot_change_places() {
    let world = World::new().await;
    world.user("alice", "AKIAALICE", UserSettings::default()).await;
    world.user("bob", "AKIABOB", UserSettings::default()).await;
    let sealed = |bytes: &[u8]| {
        let record: serde_json::Value = serde_json::from_slice(bytes).unwrap();
        record["secret"].as_str().unwrap().to_owned()
    };
    let alice = String::from_utf8(world.value("credential/AKIAALICE").await.unwrap()).unwrap();
    let bob = world.value("credential/AKIABOB").await.unwrap();
    let swapped = alice.replace(&sealed(alice.as_bytes()), &sealed(&bob));
    assert_ne!(swapped, alice);
    world.write("credential/AKIAALICE", swapped.into_bytes()).await;
    let callers = Callers::new(Arc::clone(&world.store), 10);
    let refusal = callers.find(&id("AKIAALICE")).await.unwrap_err();
    assert!(matches!(refusal, StoreError::Corrupt { .. }), "{refusal:?}");
    assert!(callers.find(&id("AKIABOB")).await.unwrap().is_some());
}

#[tokio::test]
async fn j14_another_key_is_refused_and_the_right_one_still_opens() {
    let world = World::new().await;
    world.user("alice", "AKIAALICE", UserSettings::default()).await;
    let path = world.path();
    let folder = world.close();
    let space = Arc::new(Redb::open(&path).await.unwrap());
    let other = SecretText::parse(b"another text that is long enough").unwrap();
    let refusal = Store::open(space.clone(), &other, NOW).await.unwrap_err();
    assert!(matches!(refusal, StoreError::WrongKey { .. }), "{refusal:?}");
    assert!(refusal.to_string().contains("auth.encrypt.secret_key"), "{refusal}");
    let store = Store::open(space, &text(), NOW).await.unwrap();
    let snapshot = store.snapshot().await.unwrap();
    assert_eq!(snapshot.credentials[&id("AKIAALICE")].secret.expose(), SECRET.as_bytes());
    drop(folder);
}

#[tokio::test]
async fn l02_nothing_prints_a_secret() {
    let world = World::new().await;
    world.user("alice", "AKIAALICE", UserSettings::default()).await;
    let callers = Callers::new(Arc::clone(&world.store), 10);
    let caller = callers.find(&id("AKIAALICE")).await.unwrap();
    let key = AccessKey { id: id("AKIAALICE"), secret: SecretKey::new(SECRET.as_bytes()) };
    let printed = [
        format!("{caller:?}"),
        format!("{callers:?}"),
        format!("{:?}", world.store.snapshot().await.unwrap()),
        format!("{:?}", secret(SECRET)),
        format!("{key:?}"),
        format!("{:?}", CredentialEntry::new(&key).unwrap()),
        format!("{:?} {:?}", world.store, text()),
    ];
    for text in printed {
        assert!(!text.contains(SECRET), "{text}");
        assert!(!text.contains("long enough"), "{text}");
    }
}

#[test]
fn a_made_access_key_looks_like_one_of_aws() {
    let key = AccessKey::generate().unwrap();
    let id = key.id.as_str();
    assert_eq!(id.len(), 20);
    assert!(id.starts_with("AKIAJ") && id.ends_with('Q'), "{id}");
    assert!(id.bytes().all(|byte| matches!(byte, b'A'..=b'Z' | b'2'..=b'7')), "{id}");
    assert_eq!(AccessKeyId::parse(id).unwrap(), key.id);
    assert_eq!(key.secret.expose().len(), 40);
    let other = AccessKey::generate().unwrap();
    assert_ne!(other.id, key.id);
    assert_ne!(other.secret.expose(), key.secret.expose());
}
