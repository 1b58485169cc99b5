//! The verbs and their rules.

use std::sync::Arc;

use policy::presets;
use store::{
    Batch, CredentialSettings, Kind, Outcome, Redb, Space, Store, StoreError, UserSettings,
};
use tokio::task::JoinSet;

use crate::world::{NOW, World, allows, groups, id, policies, secret, strings, text};

fn faults(done: Result<(), StoreError>) -> Vec<String> {
    let Err(StoreError::Invalid { faults }) = done else { panic!("{done:?}") };
    faults.iter().map(|fault| format!("{}: {}", fault.path, fault.reason)).collect()
}

#[tokio::test]
async fn a_new_store_holds_the_presets_and_nobody() {
    let world = World::new().await;
    let snapshot = world.store.snapshot().await.unwrap();
    assert_eq!(snapshot.policies.len(), presets::POLICIES.len());
    assert_eq!(snapshot.groups.len(), presets::GROUPS.len());
    for preset in presets::POLICIES {
        assert_eq!(snapshot.policies[preset.name], preset.document());
    }
    for preset in presets::GROUPS {
        let held = &snapshot.groups[preset.name].policies;
        assert!(held.iter().eq(preset.policies.iter().collect::<std::collections::BTreeSet<_>>()));
    }
    assert!(snapshot.users.is_empty() && snapshot.credentials.is_empty());
}

#[tokio::test]
async fn opening_again_changes_nothing() {
    let world = World::new().await;
    world.store.delete_policy("FSReadAll").await.unwrap();
    world.store.create_user("alice", &UserSettings::default(), NOW).await.unwrap();
    let path = world.path();
    let folder = world.close();
    let space = Arc::new(Redb::open(&path).await.unwrap());
    let before = space.scan(String::new()).await.unwrap();
    Store::open(space.clone(), &text(), NOW).await.unwrap();
    assert_eq!(space.scan(String::new()).await.unwrap(), before);
    drop(folder);
}

#[tokio::test]
async fn j08_a_newer_format_and_a_strange_space_are_refused() {
    let world = World::new().await;
    world.write("meta/format", b"2".to_vec()).await;
    let refusal = Store::open(world.space.clone(), &text(), NOW).await.unwrap_err();
    assert!(matches!(refusal, StoreError::Newer { found: 2, known: 1 }), "{refusal:?}");
    for (key, value) in [("meta/format", &b"{"[..]), ("meta/seal", b"\"x\"")] {
        let world = World::new().await;
        world.write(key, value.to_vec()).await;
        let refusal = Store::open(world.space.clone(), &text(), NOW).await.unwrap_err();
        assert!(matches!(refusal, StoreError::Corrupt { .. }), "{refusal:?}");
    }
    for key in ["meta/format", "meta/seal"] {
        let world = World::new().await;
        let batch = Batch { deletes: vec![key.to_owned()], ..Batch::default() };
        assert_eq!(world.space.commit(batch).await.unwrap(), Outcome::Commit);
        let refusal = Store::open(world.space.clone(), &text(), NOW).await.unwrap_err();
        assert!(matches!(refusal, StoreError::Corrupt { .. }), "{refusal:?}");
    }
}

#[tokio::test]
async fn names_that_could_be_mistaken_are_refused_wherever_they_are_written() {
    let World { store, .. } = World::new().await;
    let long = "x".repeat(257);
    for name in ["", ".", "..", "a*", "a?", "${user}", "a/b", "a%2f", "a\\b", "a\nb", &long] {
        let user = store.create_user(name, &UserSettings::default(), NOW).await;
        assert!(faults(user)[0].starts_with("id: "), "{name:?}");
        assert_eq!(faults(store.create_group(name, &[], NOW).await).len(), 1, "{name:?}");
        let policy = store.create_policy(name, &allows("fs:*"), NOW).await;
        assert_eq!(faults(policy).len(), 1, "{name:?}");
    }
}

#[tokio::test]
async fn a_document_with_a_fault_is_not_written() {
    let World { store, .. } = World::new().await;
    let made = store.create_policy("P", &allows("fs:ReadObjekt"), NOW).await;
    assert!(faults(made)[0].starts_with("statement[0].action[0]: "));
    assert!(!store.snapshot().await.unwrap().policies.contains_key("P"));
    let changed = store.update_policy("FSReadAll", &allows("fs:ReadObjekt")).await;
    assert!(faults(changed)[0].starts_with("statement[0].action[0]: "));
    assert_ne!(store.snapshot().await.unwrap().policies["FSReadAll"], allows("fs:ReadObjekt"));
}

#[tokio::test]
async fn what_refers_to_nothing_is_not_written() {
    let World { store, .. } = World::new().await;
    let made = store.create_user("u", &groups(&["Admins", "x", "Viewers", "y"]), NOW).await;
    assert_eq!(faults(made), ["groups[1]: no group `x`", "groups[3]: no group `y`"]);
    let made = store.create_user("u", &policies(&["Admins"]), NOW).await;
    assert_eq!(faults(made), ["policies[0]: no policy `Admins`"]);
    let made = store.create_group("g", &strings(&["P"]), NOW).await;
    assert_eq!(faults(made), ["policies[0]: no policy `P`"]);
    let changed = store.update_group("Admins", &strings(&["P"])).await;
    assert_eq!(faults(changed), ["policies[0]: no policy `P`"]);
    assert!(store.snapshot().await.unwrap().users.is_empty());
}

#[tokio::test]
async fn h16_names_that_differ_in_case_are_different() {
    let world = World::new().await;
    world.user("alice", "AKIAALICE", UserSettings::default()).await;
    world.user("Alice", "akiaalice", groups(&["Admins"])).await;
    let snapshot = world.store.snapshot().await.unwrap();
    assert!(snapshot.users["alice"].groups.is_empty());
    assert_eq!(snapshot.credentials[&id("akiaalice")].user, "Alice");
    let refusal = world.store.update_user("ALICE", &UserSettings::default()).await.unwrap_err();
    assert!(matches!(refusal, StoreError::NotFound { kind: Kind::User, .. }), "{refusal:?}");
}

#[tokio::test]
async fn h16_names_that_look_alike_are_different_on_disk_as_well() {
    let world = World::new().await;
    let names = ["\u{e9}", "e\u{301}", "\u{c9}", "straße", "strasse", "a", "\u{430}"];
    for (at, name) in names.iter().enumerate() {
        let held = presets::POLICIES[at].name;
        world.store.create_policy(name, &presets::POLICIES[at].document(), NOW).await.unwrap();
        world.store.create_group(name, &strings(&[held]), NOW).await.unwrap();
        world.store.create_user(name, &policies(&[held]), NOW).await.unwrap();
    }
    let path = world.path();
    let _folder = world.close();
    let space = Arc::new(Redb::open(path).await.unwrap());
    let snapshot = Store::open(space, &text(), NOW).await.unwrap().snapshot().await.unwrap();
    for (at, name) in names.iter().enumerate() {
        let held = presets::POLICIES[at].name;
        assert_eq!(snapshot.policies[*name], presets::POLICIES[at].document(), "{name}");
        assert!(snapshot.groups[*name].policies.iter().eq([held]), "{name}");
        assert!(snapshot.users[*name].policies.iter().eq([held]), "{name}");
    }
}

#[tokio::test]
async fn a_name_that_is_taken_stays_with_who_has_it() {
    let World { store, .. } = World::new().await;
    store.create_user("u", &groups(&["Viewers"]), NOW).await.unwrap();
    for done in [
        store.create_user("u", &groups(&["Admins"]), NOW).await,
        store.create_group("Viewers", &[], NOW).await,
        store.create_policy("FSReadAll", &allows("fs:*"), NOW).await,
    ] {
        assert!(matches!(done, Err(StoreError::Exists { .. })), "{done:?}");
    }
    assert_eq!(store.snapshot().await.unwrap().users["u"].groups.first().unwrap(), "Viewers");
}

#[tokio::test]
async fn what_is_not_there_is_named() {
    let World { store, .. } = World::new().await;
    let key = id("AKIA1");
    for (done, message) in [
        (store.update_user("u", &UserSettings::default()).await, "no user `u`"),
        (store.delete_user("u").await, "no user `u`"),
        (store.update_group("g", &[]).await, "no group `g`"),
        (store.delete_group("g").await, "no group `g`"),
        (store.update_policy("p", &allows("fs:*")).await, "no policy `p`"),
        (store.delete_policy("p").await, "no policy `p`"),
        (store.create_credential("u", &key, &secret("12345678"), NOW).await, "no user `u`"),
        (store.delete_credential("u", &key).await, "no user `u`"),
    ] {
        assert_eq!(done.unwrap_err().to_string(), message);
    }
}

#[tokio::test]
async fn what_is_not_mentioned_stays_and_an_empty_text_takes_away() {
    let World { store, .. } = World::new().await;
    let settings = UserSettings {
        email: Some("a@example.com".into()),
        friendly_name: Some("Alice".into()),
        ..groups(&["Viewers"])
    };
    store.create_user("alice", &settings, NOW).await.unwrap();
    let email = |text: &str| UserSettings { email: Some(text.into()), ..UserSettings::default() };
    store.update_user("alice", &email("b@example.com")).await.unwrap();
    let alice = store.snapshot().await.unwrap().users.remove("alice").unwrap();
    assert_eq!(alice.email.as_deref(), Some("b@example.com"));
    assert_eq!(alice.friendly_name.as_deref(), Some("Alice"));
    assert_eq!(alice.groups.len(), 1);
    assert_eq!(alice.created, NOW);
    assert!(alice.enabled);
    store.update_user("alice", &email("")).await.unwrap();
    assert_eq!(store.snapshot().await.unwrap().users["alice"].email, None);
    let changed = store.update_user("alice", &email("a\r\nb")).await;
    assert_eq!(faults(changed), ["email: holds a control character"]);
}

#[tokio::test]
async fn an_access_key_belongs_to_one_user() {
    let world = World::new().await;
    world.user("alice", "AKIA1", UserSettings::default()).await;
    world.store.create_user("bob", &UserSettings::default(), NOW).await.unwrap();
    for user in ["alice", "bob"] {
        let made =
            world.store.create_credential(user, &id("AKIA1"), &secret("12345678"), NOW).await;
        assert!(matches!(made, Err(StoreError::Exists { kind: Kind::Credential, .. })), "{made:?}");
    }
    for done in [
        world.store.delete_credential("bob", &id("AKIA1")).await,
        world.store.update_credential("bob", &id("AKIA1"), &secret("12345678")).await,
    ] {
        assert!(matches!(done, Err(StoreError::NotFound { .. })), "{done:?}");
    }
    world.store.delete_user("alice").await.unwrap();
    world.key("bob", "AKIA1").await;
    assert_eq!(world.store.snapshot().await.unwrap().credentials[&id("AKIA1")].user, "bob");
}

#[tokio::test]
async fn what_a_deleted_user_left_behind_can_be_taken_by_another() {
    let world = World::new().await;
    world.user("alice", "AKIA1", UserSettings::default()).await;
    let left = world.value("credential/AKIA1").await.unwrap();
    world.store.delete_user("alice").await.unwrap();
    world.write("credential/AKIA1", left).await;
    assert!(world.store.snapshot().await.unwrap().credentials.is_empty());
    world.user("bob", "AKIA1", UserSettings::default()).await;
    assert_eq!(world.store.snapshot().await.unwrap().credentials[&id("AKIA1")].user, "bob");
}

#[tokio::test]
async fn a_secret_that_was_cut_or_has_a_line_end_is_refused() {
    let world = World::new().await;
    world.store.create_user("u", &UserSettings::default(), NOW).await.unwrap();
    let long = "x".repeat(257);
    for text in ["", "1234567", "12345678\n", "1234 5678", "pässword", &long] {
        let made = world.store.create_credential("u", &id("AKIA1"), &secret(text), NOW).await;
        let found = faults(made);
        assert!(found[0].starts_with("secret_access_key: "), "{found:?}");
        assert!(text.is_empty() || !found[0].contains(text));
    }
    let made =
        world.store.create_credential("u", &id("AKIA1"), &CredentialSettings::default(), NOW).await;
    assert_eq!(faults(made).len(), 1);
}

#[tokio::test]
async fn deleting_takes_few_keys_whatever_depends_on_it() {
    let world = World::new().await;
    for number in 0..50 {
        world.store.create_user(&format!("u{number}"), &groups(&["Viewers"]), NOW).await.unwrap();
    }
    let count = world.space.scan(String::new()).await.unwrap().len();
    world.store.delete_group("Viewers").await.unwrap();
    assert_eq!(world.space.scan(String::new()).await.unwrap().len(), count - 2);
    assert!(
        world.store.snapshot().await.unwrap().users.values().all(|user| user.groups.is_empty())
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writers_of_one_user_at_the_same_time_all_get_their_way() {
    let world = World::new().await;
    world.store.create_user("alice", &UserSettings::default(), NOW).await.unwrap();
    let mut writers = JoinSet::new();
    for number in 0..32 {
        let store = Arc::clone(&world.store);
        writers.spawn(async move {
            let settings = if number % 2 == 0 {
                UserSettings { email: Some("a@example.com".into()), ..UserSettings::default() }
            } else {
                groups(&["Viewers"])
            };
            store.update_user("alice", &settings).await
        });
    }
    for done in writers.join_all().await {
        done.unwrap();
    }
    let alice = world.store.snapshot().await.unwrap().users.remove("alice").unwrap();
    assert_eq!(alice.email.as_deref(), Some("a@example.com"));
    assert_eq!(alice.groups.len(), 1);
}
