//! Files of identities: what they change, what they leave, what is refused in them.

use std::io;
use std::path::Path;

use store::{
    AccessKey, Change, CredentialEntry, Identities, Prune, Store, StoreError, UserEntry,
    UserSettings, diff,
};

use crate::world::{NOW, SECRET, World, allows, groups, id, secret, strings, text};

const FILE: &str = r#"
policies:
  - id: TeamA
    statement:
      - action: ["fs:ListObjects", "fs:ReadObject"]
        effect: allow
        resource: "arn:lakefs:fs:::repository/lake/object/team-a/*"
groups:
  - id: team-a
    policies: [TeamA]
users:
  - id: alice
    groups: [team-a]
    policies: []
    credentials:
      - access_key_id: AKIAALICE0000000Q
        secret_access_key_file: alice.key
"#;

fn read(path: &Path) -> io::Result<Vec<u8>> {
    if path == Path::new("alice.key") {
        return Ok(format!("{SECRET}\n").into_bytes());
    }
    Err(io::ErrorKind::NotFound.into())
}

fn parse(yaml: &str) -> Identities {
    serde_saphyr::from_str(yaml).unwrap()
}

async fn changes(store: &Store, yaml: &str, prune: Prune) -> Result<Vec<Change>, StoreError> {
    let mut identities = parse(yaml);
    identities.resolve(&text(), read)?;
    diff(&store.snapshot().await?, &identities, prune)
}

/// Applies the file; gives what was printed.
async fn apply(store: &Store, yaml: &str, prune: Prune) -> Vec<String> {
    let changes = changes(store, yaml, prune).await.unwrap();
    for change in &changes {
        store.commit(change, NOW).await.unwrap();
    }
    changes.iter().map(ToString::to_string).collect()
}

async fn faults(store: &Store, yaml: &str, prune: Prune) -> Vec<String> {
    let refusal = changes(store, yaml, prune).await.unwrap_err();
    let StoreError::Invalid { faults } = refusal else { panic!("{refusal:?}") };
    faults.iter().map(|fault| format!("{}: {}", fault.path, fault.reason)).collect()
}

#[tokio::test]
async fn a_file_is_applied_once_and_then_changes_nothing() {
    let World { store, .. } = &World::new().await;
    assert_eq!(
        apply(store, FILE, Prune::Keep).await,
        [
            "created policy TeamA",
            "created group team-a",
            "created user alice",
            "created credential AKIAALICE0000000Q of alice",
        ]
    );
    assert_eq!(apply(store, FILE, Prune::Keep).await, [""; 0]);
    assert_eq!(apply(store, FILE, Prune::Delete).await, [""; 0]);
    let snapshot = store.snapshot().await.unwrap();
    let credential = &snapshot.credentials[&id("AKIAALICE0000000Q")];
    assert_eq!(credential.secret.expose(), SECRET.as_bytes());
    assert_eq!(snapshot.users["alice"].groups.first().unwrap(), "team-a");
}

#[tokio::test]
async fn only_what_differs_is_updated() {
    let World { store, .. } = &World::new().await;
    apply(store, FILE, Prune::Keep).await;
    let edited = FILE.replace("fs:ReadObject", "fs:WriteObject");
    assert_eq!(apply(store, &edited, Prune::Keep).await, ["updated policy TeamA"]);
    let edited = edited.replace("[TeamA]", "[FSReadAll, TeamA, TeamA]");
    assert_eq!(apply(store, &edited, Prune::Keep).await, ["updated group team-a"]);
    assert_eq!(apply(store, &edited, Prune::Keep).await, [""; 0]);
    let edited = edited.replace("policies: []", "policies: [FSReadAll]");
    assert_eq!(apply(store, &edited, Prune::Keep).await, ["updated user alice"]);
    let edited = edited.replace("_file: alice.key", ": another-secret");
    let updated = ["updated credential AKIAALICE0000000Q of alice"];
    assert_eq!(apply(store, &edited, Prune::Keep).await, updated);
    let edited =
        format!("{edited}        expires: 2030-01-01T00:00:00Z\n        status: inactive\n");
    assert_eq!(apply(store, &edited, Prune::Keep).await, updated);
    assert_eq!(apply(store, &edited, Prune::Keep).await, [""; 0]);
}

#[tokio::test]
async fn an_expiry_goes_with_null_and_stays_when_absent() {
    let World { store, .. } = &World::new().await;
    let until = format!("{FILE}        expires: 2030-01-01T00:00:00Z\n");
    apply(store, &until, Prune::Keep).await;
    let expires = async || {
        let snapshot = store.snapshot().await.unwrap();
        snapshot.credentials[&id("AKIAALICE0000000Q")].expires
    };
    assert!(expires().await.is_some());
    assert_eq!(apply(store, FILE, Prune::Keep).await, [""; 0]);
    assert!(expires().await.is_some());
    for null in ["null", "~", ""] {
        apply(store, &until, Prune::Keep).await;
        let never = format!("{FILE}        expires: {null}\n");
        let updated = ["updated credential AKIAALICE0000000Q of alice"];
        assert_eq!(apply(store, &never, Prune::Keep).await, updated, "{null}");
        assert_eq!(expires().await, None, "{null}");
        assert_eq!(apply(store, &never, Prune::Keep).await, [""; 0], "{null}");
    }
    for wrong in ["never", "2030-01-01", "5", "''"] {
        let yaml = format!("{FILE}        expires: {wrong}\n");
        assert!(serde_saphyr::from_str::<Identities>(&yaml).is_err(), "{wrong}");
    }
}

#[tokio::test]
async fn what_the_file_does_not_mention_stays_as_it_is() {
    let World { store, .. } = &World::new().await;
    apply(store, FILE, Prune::Keep).await;
    let email = UserSettings { email: Some("a@example.com".into()), ..UserSettings::default() };
    store.update_user("alice", &email).await.unwrap();
    store.create_credential("alice", &id("AKIAOTHER"), &secret(SECRET), NOW).await.unwrap();
    store.create_user("bob", &groups(&["Viewers"]), NOW).await.unwrap();
    assert_eq!(apply(store, FILE, Prune::Keep).await, [""; 0]);
    let brief = "users:\n  - id: alice\n  - id: bob\ngroups:\n  - id: team-a\n";
    assert_eq!(apply(store, brief, Prune::Keep).await, [""; 0]);
    let snapshot = store.snapshot().await.unwrap();
    assert_eq!(snapshot.users["alice"].email.as_deref(), Some("a@example.com"));
    assert_eq!(snapshot.credentials.len(), 2);
    let keyed = "users:\n  - id: alice\n    credentials:\n      - access_key_id: AKIAOTHER\n        description: laptop\n";
    assert_eq!(apply(store, keyed, Prune::Keep).await, ["updated credential AKIAOTHER of alice"]);
    assert_eq!(apply(store, "{}", Prune::Delete).await, [""; 0]);
}

#[tokio::test]
async fn pruning_deletes_what_the_file_does_not_have_but_for_presets() {
    let World { store, .. } = &World::new().await;
    apply(store, FILE, Prune::Keep).await;
    store.create_policy("Old", &allows("fs:*"), NOW).await.unwrap();
    store.create_group("old", &strings(&["Old"]), NOW).await.unwrap();
    store.create_user("bob", &groups(&["old"]), NOW).await.unwrap();
    store.create_credential("bob", &id("AKIABOB"), &secret(SECRET), NOW).await.unwrap();
    store.create_credential("alice", &id("AKIAOTHER"), &secret(SECRET), NOW).await.unwrap();
    assert_eq!(
        apply(store, FILE, Prune::Delete).await,
        [
            "deleted credential AKIABOB of bob",
            "deleted credential AKIAOTHER of alice",
            "deleted user bob",
            "deleted group old",
            "deleted policy Old",
        ]
    );
    assert_eq!(apply(store, FILE, Prune::Delete).await, [""; 0]);
    let snapshot = store.snapshot().await.unwrap();
    assert!(snapshot.groups.contains_key("Admins"));
    assert!(snapshot.policies.contains_key("FSFullAccess"));
    let kept = "users:\n  - id: alice\n";
    assert_eq!(apply(store, kept, Prune::Delete).await, [""; 0]);
    assert_eq!(store.snapshot().await.unwrap().credentials.len(), 1);
}

#[tokio::test]
async fn everything_wrong_in_a_file_is_told_with_its_place_and_nothing_is_written() {
    let World { store, .. } = &World::new().await;
    let before = format!("{:?}", store.snapshot().await.unwrap());
    let file = r#"
policies:
  - {id: "a*", statement: [{action: "fs:*", effect: allow, resource: "*"}]}
  - {id: P, statement: [{action: "fs:ReadObjekt", effect: allow, resource: "*"}]}
  - {id: P, statement: [{action: "fs:*", effect: allow, resource: "*"}]}
groups:
  - {id: g, policies: [P, Q]}
users:
  - {id: alice, groups: [g, x], policies: [g], email: "a\nb"}
  - id: bob
    credentials:
      - {access_key_id: "a b"}
      - {access_key_id: AKIA1, secret_access_key: short}
      - {access_key_id: AKIA1, secret_access_key: long-enough}
      - {access_key_id: AKIA2}
"#;
    let found = faults(store, file, Prune::Keep).await;
    let places: Vec<_> = found.iter().map(|fault| fault.split_once(": ").unwrap().0).collect();
    assert_eq!(
        places,
        [
            "policies[0].id",
            "policies[2].id",
            "policies[1].statement[0].action[0]",
            "groups[0].policies[1]",
            "users[0].groups[1]",
            "users[0].policies[0]",
            "users[0].email",
            "users[1].credentials[0].access_key_id",
            "users[1].credentials[1].secret_access_key",
            "users[1].credentials[2].access_key_id",
            "users[1].credentials[3]",
        ],
        "{found:#?}"
    );
    assert!(found.contains(&"users[0].groups[1]: no group `x`".to_owned()));
    assert_eq!(format!("{:?}", store.snapshot().await.unwrap()), before);
}

#[tokio::test]
async fn what_is_pruned_cannot_be_referred_to() {
    let World { store, .. } = &World::new().await;
    apply(store, FILE, Prune::Keep).await;
    let file = "policies: []\ngroups:\n  - {id: team-a, policies: [FSReadAll, TeamA]}\n";
    assert_eq!(
        faults(store, file, Prune::Delete).await,
        ["groups[0].policies[1]: no policy `TeamA`"]
    );
    assert_eq!(apply(store, file, Prune::Keep).await, ["updated group team-a"]);
}

#[tokio::test]
async fn an_access_key_of_another_user_is_not_taken_away() {
    let World { store, .. } = &World::new().await;
    apply(store, FILE, Prune::Keep).await;
    let fault = |index| {
        format!(
            "users[{index}].credentials[0].access_key_id: credential `AKIAALICE0000000Q` belongs to user `alice`"
        )
    };
    let file = FILE.replace("id: alice", "id: bob");
    assert_eq!(faults(store, &file, Prune::Keep).await, [fault(0)]);
    let file = file.replace("users:\n", "users:\n  - id: alice\n");
    for prune in [Prune::Keep, Prune::Delete] {
        assert_eq!(faults(store, &file, prune).await, [fault(1)]);
    }
}

#[tokio::test]
async fn an_access_key_may_move_from_a_user_that_is_pruned() {
    let World { store, .. } = &World::new().await;
    apply(store, FILE, Prune::Keep).await;
    store.create_credential("alice", &id("AKIAOTHER"), &secret(SECRET), NOW).await.unwrap();
    let file = FILE.replace("id: alice", "id: bob");
    let bare = file.replace("        secret_access_key_file: alice.key\n", "");
    assert!(
        faults(store, &bare, Prune::Delete).await[0]
            .starts_with("users[0].credentials[0]: a new credential needs ")
    );
    assert_eq!(
        apply(store, &file, Prune::Delete).await,
        [
            "created user bob",
            "deleted credential AKIAALICE0000000Q of alice",
            "created credential AKIAALICE0000000Q of bob",
            "deleted credential AKIAOTHER of alice",
            "deleted user alice",
        ]
    );
    assert_eq!(apply(store, &file, Prune::Delete).await, [""; 0]);
    let snapshot = store.snapshot().await.unwrap();
    assert_eq!(snapshot.credentials[&id("AKIAALICE0000000Q")].user, "bob");
}

#[tokio::test]
async fn a_secret_stands_in_one_form_and_can_be_read() {
    let World { store, .. } = &World::new().await;
    let both =
        FILE.replace("_file: alice.key", "_file: alice.key\n        secret_access_key: 12345678");
    assert!(
        faults(store, &both, Prune::Keep).await[0]
            .starts_with("users[0].credentials[0]: give one of")
    );
    let missing = FILE.replace("alice.key", "bob.key");
    let found = faults(store, &missing, Prune::Keep).await;
    assert!(
        found[0].starts_with("users[0].credentials[0].secret_access_key_file: `bob.key`: "),
        "{found:?}"
    );
    let identities = parse(FILE);
    let snapshot = store.snapshot().await.unwrap();
    assert!(diff(&snapshot, &identities, Prune::Keep).is_err(), "it was not resolved");
    let sealed = FILE.replace("_file: alice.key", "_sealed: abc.def");
    assert!(
        faults(store, &sealed, Prune::Keep).await[0]
            .starts_with("users[0].credentials[0].secret_access_key_sealed: ")
    );
}

#[tokio::test]
async fn a_sealed_secret_opens_for_its_own_access_key() {
    let world = World::new().await;
    world.user("alice", "AKIA1", UserSettings::default()).await;
    let record = world.value("credential/AKIA1").await.unwrap();
    let record: serde_json::Value = serde_json::from_slice(&record).unwrap();
    let sealed = record["secret"].as_str().unwrap();
    world.store.delete_user("alice").await.unwrap();
    let file = format!(
        "users:\n  - id: alice\n    credentials:\n      - {{access_key_id: AKIA1, secret_access_key_sealed: {sealed}}}\n"
    );
    apply(&world.store, &file, Prune::Keep).await;
    let snapshot = world.store.snapshot().await.unwrap();
    assert_eq!(snapshot.credentials[&id("AKIA1")].secret.expose(), SECRET.as_bytes());
    let moved = file.replace("AKIA1", "AKIA2");
    assert_eq!(faults(&world.store, &moved, Prune::Keep).await.len(), 1);
}

#[tokio::test]
async fn an_entry_made_by_the_program_applies_like_one_of_a_file() {
    let World { store, .. } = &World::new().await;
    let key = AccessKey::generate().unwrap();
    let user = UserEntry {
        id: "admin".into(),
        groups: Some(strings(&["Admins"])),
        credentials: Some(vec![CredentialEntry::new(&key).unwrap()]),
        ..UserEntry::default()
    };
    let identities = Identities { users: Some(vec![user]), ..Identities::default() };
    for change in diff(&store.snapshot().await.unwrap(), &identities, Prune::Keep).unwrap() {
        store.commit(&change, NOW).await.unwrap();
    }
    let snapshot = store.snapshot().await.unwrap();
    assert_eq!(snapshot.credentials[&key.id].secret.expose(), key.secret.expose());
    assert!(diff(&snapshot, &identities, Prune::Delete).unwrap().is_empty());
}

#[test]
fn unknown_keys_of_a_file_are_refused() {
    for yaml in [
        "people: []",
        "users: [{id: a, admin: true}]",
        "groups: [{id: a, members: [b]}]",
        "policies: [{id: a, statement: [], version: 1}]",
        "users: [{id: a, credentials: [{access_key_id: b, secret: c}]}]",
        "users: [{groups: []}]",
        "users: [{id: a, id: b}]",
    ] {
        assert!(serde_saphyr::from_str::<Identities>(yaml).is_err(), "{yaml}");
    }
}
