//! What is exported, and that it says again what the store holds.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use store::{
    CredentialSettings, Expiry, Identities, Prune, Redb, SecretText, Secrets, Snapshot, Status,
    Store, StoreError, UserEntry, UserSettings, diff,
};
use time::Duration;

use crate::world::{NOW, SECRET, World, allows, groups, id, policies, secret, strings, text};

const KEY: &str = "AKIAALICE0000000Q";

/// A store with something of everything: edited and deleted presets, dead references, a disabled user, expiry.
async fn world() -> World {
    let world = World::new().await;
    let store = &world.store;
    store.create_policy("TeamA", &allows("fs:ReadObject"), NOW).await.unwrap();
    store.create_policy("Gone", &allows("fs:*"), NOW).await.unwrap();
    store.create_group("team-a", &strings(&["TeamA", "Gone"]), NOW).await.unwrap();
    store.create_group("gone", &strings(&["TeamA"]), NOW).await.unwrap();
    store.update_policy("FSReadAll", &allows("fs:ListObjects")).await.unwrap();
    store.delete_policy("AuthFullAccess").await.unwrap();
    store.delete_policy("Gone").await.unwrap();
    world.user("alice", KEY, groups(&["team-a", "gone", "Viewers"])).await;
    store.delete_group("gone").await.unwrap();
    store.delete_group("Developers").await.unwrap();
    let settings = UserSettings {
        enabled: Some(false),
        email: Some("bob@example.com".to_owned()),
        source: Some("ldap".to_owned()),
        ..policies(&["TeamA", "FSFullAccess"])
    };
    world.user("bob", "AKIABOB1", settings).await;
    let expiring = CredentialSettings {
        status: Some(Status::Inactive),
        expires: Some(Expiry::At(NOW.saturating_add(Duration::days(1)))),
        description: Some("for the nightly job".to_owned()),
        ..secret(SECRET)
    };
    store.create_credential("bob", &id("AKIABOB2"), &expiring, NOW).await.unwrap();
    world
}

async fn apply(store: &Store, exported: &Identities) -> Result<Vec<String>, StoreError> {
    apply_under(&text(), store, exported).await
}

/// Applies to a store that was made under `secret`.
async fn apply_under(
    secret: &SecretText,
    store: &Store,
    exported: &Identities,
) -> Result<Vec<String>, StoreError> {
    let mut identities = exported.clone();
    identities.resolve(secret, |_| Err(io::ErrorKind::NotFound.into()))?;
    let changes = diff(&store.snapshot().await?, &identities, Prune::Delete)?;
    for change in &changes {
        store.commit(change, NOW).await?;
    }
    Ok(changes.iter().map(ToString::to_string).collect())
}

/// All that decides, and all texts; not when things were made.
fn said(snapshot: &Snapshot) -> BTreeMap<String, String> {
    let policies = snapshot
        .policies
        .iter()
        .map(|(name, document)| (format!("policy {name}"), format!("{document:?}")));
    let groups = snapshot
        .groups
        .iter()
        .map(|(name, group)| (format!("group {name}"), format!("{:?}", group.policies)));
    let users = snapshot.users.iter().map(|(name, user)| {
        let texts = [&user.email, &user.friendly_name, &user.source, &user.external_id];
        let user = (user.enabled, texts, &user.groups, &user.policies);
        (format!("user {name}"), format!("{user:?}"))
    });
    let credentials = snapshot.credentials.iter().map(|(id, held)| {
        let held = (&held.user, held.secret.expose(), held.expires, held.status, &held.description);
        (format!("credential {id}"), format!("{held:?}"))
    });
    policies.chain(groups).chain(users).chain(credentials).collect()
}

#[tokio::test]
async fn an_export_changes_nothing_in_its_own_store() {
    let world = world().await;
    let held = world.store.snapshot().await.unwrap();
    for secrets in [Secrets::Omit, Secrets::Seal] {
        let exported = Identities::of(&held, secrets);
        assert_eq!(apply(&world.store, &exported).await.unwrap(), [""; 0], "{secrets:?}");
    }
}

#[tokio::test]
async fn a_sealed_export_makes_the_same_of_an_empty_store() {
    let (old, new) = (world().await, World::new().await);
    let held = old.store.snapshot().await.unwrap();
    apply(&new.store, &Identities::of(&held, Secrets::Seal)).await.unwrap();
    let made = new.store.snapshot().await.unwrap();
    let (mut expected, mut found) = (said(&held), said(&made));
    // What was deleted of the presets is there again, attached to nothing and with nobody in it.
    for deleted in ["policy AuthFullAccess", "group Developers"] {
        assert_eq!(expected.remove(deleted), None);
        assert!(found.remove(deleted).is_some(), "{deleted}");
    }
    assert_eq!(found, expected);
    assert!(!made.groups["Admins"].policies.contains("AuthFullAccess"));
    assert!(!made.users.values().any(|user| user.groups.contains("Developers")));
}

#[tokio::test]
async fn an_export_undoes_what_was_changed_since() {
    let world = world().await;
    let store = &world.store;
    let held = store.snapshot().await.unwrap();
    let exported = Identities::of(&held, Secrets::Seal);
    let settings = UserSettings { enabled: Some(true), ..groups(&["Admins"]) };
    store.update_user("bob", &settings).await.unwrap();
    store.update_user("alice", &policies(&["FSFullAccess"])).await.unwrap();
    let other = CredentialSettings {
        expires: Some(Expiry::At(NOW)),
        status: Some(Status::Inactive),
        ..secret("another-secret-of-alice")
    };
    store.update_credential("alice", &id(KEY), &other).await.unwrap();
    world.user("mallory", "AKIAMALLORY", groups(&["Admins"])).await;
    store.update_group("team-a", &[]).await.unwrap();
    store.update_policy("TeamA", &allows("fs:*")).await.unwrap();
    apply(store, &exported).await.unwrap();
    assert_eq!(said(&store.snapshot().await.unwrap()), said(&held));
}

#[tokio::test]
async fn an_export_without_credentials_makes_the_rest_of_an_empty_store() {
    let (old, new) = (world().await, World::new().await);
    let held = old.store.snapshot().await.unwrap();
    apply(&new.store, &Identities::of(&held, Secrets::Omit)).await.unwrap();
    let made = new.store.snapshot().await.unwrap();
    assert!(made.credentials.is_empty());
    let (mut expected, found) = (said(&held), said(&made));
    expected.retain(|name, _| !name.starts_with("credential "));
    for (name, said) in expected {
        assert_eq!(found.get(&name), Some(&said), "{name}");
    }
}

#[tokio::test]
async fn changes_make_of_a_snapshot_what_they_make_of_the_store() {
    let (old, new) = (world().await, World::new().await);
    let exported = Identities::of(&old.store.snapshot().await.unwrap(), Secrets::Omit);
    let mut held = Snapshot::of_new_store(NOW);
    assert_eq!(said(&held), said(&new.store.snapshot().await.unwrap()), "a new store");
    let edited = Identities {
        policies: exported.policies.clone().map(|policies| policies[..1].to_vec()),
        groups: Some(Vec::new()),
        users: exported.users.clone().map(|users| {
            let [alice, ..] = &users[..] else { panic!("{users:?}") };
            let texts = Some("x".to_owned());
            let (groups, policies) = (Some(strings(&["Admins"])), Some(Vec::new()));
            vec![UserEntry {
                email: texts.clone(),
                source: texts,
                groups,
                policies,
                ..alice.clone()
            }]
        }),
    };
    for wanted in [exported, edited] {
        let changes = diff(&held, &wanted, Prune::Delete).unwrap();
        assert!(changes.len() > 3, "{changes:?}");
        for change in &changes {
            held.commit(change, NOW);
        }
        apply(&new.store, &wanted).await.unwrap();
        assert_eq!(said(&held), said(&new.store.snapshot().await.unwrap()));
    }
}

#[tokio::test]
async fn presets_are_exported_where_they_differ_from_a_new_stores() {
    let world = world().await;
    let exported = Identities::of(&world.store.snapshot().await.unwrap(), Secrets::Omit);
    let policies: Vec<_> =
        exported.policies.iter().flatten().map(|entry| entry.id.as_str()).collect();
    let groups: Vec<_> = exported.groups.iter().flatten().map(|entry| entry.id.as_str()).collect();
    assert_eq!(policies, ["FSReadAll", "TeamA"]);
    assert_eq!(groups, ["Admins", "team-a"]);
}

#[tokio::test]
async fn j14_a_secret_sealed_under_another_key_is_refused_by_its_place() {
    let old = world().await;
    let exported = Identities::of(&old.store.snapshot().await.unwrap(), Secrets::Seal);
    let folder = tempfile::tempdir().unwrap();
    let space = Redb::open(folder.path().join("lakegate.redb")).await.unwrap();
    let other = SecretText::parse(b"another text that is long enough").unwrap();
    let new = Store::open(Arc::new(space), &other, NOW).await.unwrap();
    let refusal = apply_under(&other, &new, &exported).await.unwrap_err();
    let StoreError::Invalid { faults } = refusal else { panic!("{refusal:?}") };
    assert_eq!(faults.len(), 3);
    for fault in faults {
        assert!(fault.path.ends_with("].secret_access_key_sealed"), "{fault}");
        assert!(
            fault.reason.starts_with("was sealed under another `auth.encrypt.secret_key`"),
            "{fault}"
        );
    }
}
