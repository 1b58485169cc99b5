//! The cache of callers: what it serves, and what it must not.

use std::sync::Arc;

use policy::{Action, Policy};
use sigv::AccessKeyId;
use store::{Caller, Callers, CredentialSettings, Expiry, Status, StoreError, UserSettings};
use time::Duration;

use crate::world::{NOW, SECRET, World, allows, groups, id, may, policies, secret, strings};

const ALICE: &str = "AKIAALICE0000000Q";

async fn world() -> (World, Arc<Callers>) {
    let world = World::new().await;
    let callers = Arc::new(Callers::new(Arc::clone(&world.store), 100));
    (world, callers)
}

async fn find(callers: &Callers, access_key_id: &str) -> Option<Arc<Caller>> {
    callers.find(&id(access_key_id)).await.unwrap()
}

fn found(callers: &Arc<Callers>) -> tokio::task::JoinHandle<Option<Arc<Caller>>> {
    let callers = Arc::clone(callers);
    tokio::spawn(async move { find(&callers, ALICE).await })
}

#[tokio::test]
async fn a_caller_has_its_own_policies_and_its_groups_each_once() {
    let (world, callers) = world().await;
    let settings = UserSettings {
        groups: Some(strings(&["Viewers", "Developers"])),
        policies: Some(strings(&["FSReadAll", "AuthFullAccess"])),
        ..UserSettings::default()
    };
    world.user("alice", ALICE, settings).await;
    let caller = find(&callers, ALICE).await.unwrap();
    assert_eq!(&*caller.user, "alice");
    assert_eq!(caller.verifier.secret().expose(), SECRET.as_bytes());
    assert_eq!(caller.expires, None);
    let mut names: Vec<_> = caller.policies.iter().map(|policy| policy.name()).collect();
    names.sort_unstable();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count, "{names:?}");
    for name in ["AuthFullAccess", "FSReadAll", "FSReadWriteAll", "RepoManagementReadAll"] {
        assert!(names.contains(&name), "{name} is not in {names:?}");
    }
    assert!(may(&caller, Action::WRITE_OBJECT));
}

#[tokio::test]
async fn an_unknown_access_key_belongs_to_nobody_until_it_is_made() {
    let (world, callers) = world().await;
    assert!(find(&callers, ALICE).await.is_none());
    world.user("alice", ALICE, UserSettings::default()).await;
    assert!(find(&callers, ALICE).await.is_some());
    assert!(find(&callers, &ALICE.to_lowercase()).await.is_none());
}

#[tokio::test]
async fn a_key_made_while_a_miss_is_under_way_is_found_by_who_asks_after() {
    let (world, callers) = world().await;
    let gate = world.space.hold_up("credential/");
    let early = found(&callers);
    gate.reached().await;
    world.user("alice", ALICE, UserSettings::default()).await;
    let late = found(&callers);
    gate.open();
    early.await.unwrap();
    assert!(late.await.unwrap().is_some());
}

#[tokio::test]
async fn a_reader_that_a_write_overtook_leaves_no_old_answer_behind() {
    for held_at in ["credential/", "user/", "group/", "policy/"] {
        let (world, callers) = world().await;
        world.user("alice", ALICE, groups(&["Developers"])).await;
        let gate = world.space.hold_up(held_at);
        let early = found(&callers);
        gate.reached().await;
        world.store.update_user("alice", &groups(&["Viewers"])).await.unwrap();
        let late = found(&callers);
        gate.open();
        early.await.unwrap();
        assert!(!may(&late.await.unwrap().unwrap(), Action::WRITE_OBJECT), "{held_at}");
        assert!(!may(&find(&callers, ALICE).await.unwrap(), Action::WRITE_OBJECT), "{held_at}");
    }
}

#[tokio::test]
async fn membership_from_before_and_policies_from_after_never_add_up() {
    let (world, callers) = world().await;
    world.store.create_group("team", &[], NOW).await.unwrap();
    world.user("alice", ALICE, groups(&["team"])).await;
    let gate = world.space.hold_up("user/");
    let early = found(&callers);
    gate.reached().await;
    world.store.update_user("alice", &groups(&[])).await.unwrap();
    world.store.update_group("team", &strings(&["FSFullAccess"])).await.unwrap();
    gate.open();
    assert!(!may(&early.await.unwrap().unwrap(), Action::WRITE_OBJECT));
}

#[tokio::test]
async fn however_many_ask_one_reads() {
    let (world, callers) = world().await;
    world.user("alice", ALICE, groups(&["Developers"])).await;
    let before = world.space.credential_reads();
    let gate = world.space.hold_up("credential/");
    let many: Vec<_> = (0..50).map(|_| found(&callers)).collect();
    gate.reached().await;
    gate.open();
    for one in many {
        assert!(one.await.unwrap().is_some());
    }
    assert_eq!(world.space.credential_reads() - before, 1);

    world.store.update_user("alice", &groups(&["Viewers"])).await.unwrap();
    let many: Vec<_> = (0..50).map(|_| found(&callers)).collect();
    for one in many {
        assert!(!may(&one.await.unwrap().unwrap(), Action::WRITE_OBJECT));
    }
    assert_eq!(world.space.credential_reads() - before, 2);
}

#[tokio::test]
async fn who_waits_for_a_reader_that_gave_up_reads_itself() {
    let (world, callers) = world().await;
    world.user("alice", ALICE, UserSettings::default()).await;
    let gate = world.space.hold_up("user/");
    let early = found(&callers);
    gate.reached().await;
    let late = found(&callers);
    early.abort();
    assert!(late.await.unwrap().is_some());
}

#[tokio::test]
async fn a_write_that_changes_no_existing_caller_makes_nobody_read_again() {
    let (world, callers) = world().await;
    world.user("alice", ALICE, groups(&["Viewers"])).await;
    find(&callers, ALICE).await.unwrap();
    let before = world.space.credential_reads();
    world.store.create_policy("New", &allows("fs:*"), NOW).await.unwrap();
    world.store.create_group("new", &strings(&["New"]), NOW).await.unwrap();
    world.store.create_user("bob", &groups(&["new"]), NOW).await.unwrap();
    find(&callers, ALICE).await.unwrap();
    assert_eq!(world.space.credential_reads(), before);
}

#[tokio::test]
async fn a_policy_of_a_group_that_was_edited_counts_at_once() {
    let (world, callers) = world().await;
    world.store.create_policy("Team", &allows("fs:ReadObject"), NOW).await.unwrap();
    world.store.create_group("team", &strings(&["Team"]), NOW).await.unwrap();
    world.user("alice", ALICE, groups(&["team"])).await;
    assert!(may(&find(&callers, ALICE).await.unwrap(), Action::READ_OBJECT));
    world.store.update_policy("Team", &allows("fs:WriteObject")).await.unwrap();
    let caller = find(&callers, ALICE).await.unwrap();
    assert!(!may(&caller, Action::READ_OBJECT));
    assert!(may(&caller, Action::WRITE_OBJECT));
    world.store.update_group("team", &[]).await.unwrap();
    assert!(!may(&find(&callers, ALICE).await.unwrap(), Action::WRITE_OBJECT));
}

#[tokio::test]
async fn callers_share_compiled_policies() {
    let (world, callers) = world().await;
    world.user("alice", ALICE, policies(&["FSReadAll"])).await;
    world.user("bob", "AKIABOB", policies(&["FSReadAll"])).await;
    let alice = find(&callers, ALICE).await.unwrap();
    let bob = find(&callers, "AKIABOB").await.unwrap();
    assert!(Arc::ptr_eq(&alice.policies[0], &bob.policies[0]));
    world.store.update_user("alice", &groups(&["Viewers"])).await.unwrap();
    let again = find(&callers, ALICE).await.unwrap();
    assert!(again.policies.iter().any(|policy| Arc::ptr_eq(policy, &bob.policies[0])));
}

#[tokio::test]
async fn an_edited_policy_is_compiled_once_for_all_who_have_it() {
    let (world, callers) = world().await;
    world.store.create_policy("Shared", &allows("fs:Read*"), NOW).await.unwrap();
    world.store.create_group("all", &strings(&["Shared", "FSReadAll"]), NOW).await.unwrap();
    let keys: Vec<_> = (0..50).map(|number| format!("AKIAUSER{number}")).collect();
    for key in &keys {
        world.user(key, key, groups(&["all"])).await;
    }
    let shared_by_all = async || {
        let mut shared: Option<Vec<Arc<Policy>>> = None;
        for key in &keys {
            let held = find(&callers, key).await.unwrap().policies.clone();
            let first = shared.get_or_insert_with(|| held.clone());
            assert_eq!(first.len(), held.len());
            assert!(first.iter().zip(&held).all(|(first, held)| Arc::ptr_eq(first, held)), "{key}");
        }
        shared.unwrap()
    };
    let before = shared_by_all().await;
    world.store.update_policy("Shared", &allows("fs:Write*")).await.unwrap();
    let after = shared_by_all().await;
    assert_eq!(after.len(), 2);
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(Arc::ptr_eq(before, after), after.name() != "Shared", "{}", after.name());
    }
    assert!(may(&find(&callers, "AKIAUSER7").await.unwrap(), Action::WRITE_OBJECT));
}

#[tokio::test]
async fn a_disabled_user_is_nobody_until_enabled_again() {
    let (world, callers) = world().await;
    world.user("alice", ALICE, groups(&["Viewers"])).await;
    assert!(find(&callers, ALICE).await.is_some());
    let enabled = |enabled| UserSettings { enabled: Some(enabled), ..UserSettings::default() };
    world.store.update_user("alice", &enabled(false)).await.unwrap();
    assert!(find(&callers, ALICE).await.is_none());
    world.store.update_user("alice", &enabled(true)).await.unwrap();
    assert!(may(&find(&callers, ALICE).await.unwrap(), Action::READ_OBJECT));
}

#[tokio::test]
async fn an_inactive_or_deleted_access_key_is_nobodys() {
    let (world, callers) = world().await;
    world.user("alice", ALICE, UserSettings::default()).await;
    assert!(find(&callers, ALICE).await.is_some());
    let inactive = CredentialSettings { status: Some(Status::Inactive), ..Default::default() };
    world.store.update_credential("alice", &id(ALICE), &inactive).await.unwrap();
    assert!(find(&callers, ALICE).await.is_none());
    let active = CredentialSettings { status: Some(Status::Active), ..Default::default() };
    world.store.update_credential("alice", &id(ALICE), &active).await.unwrap();
    assert!(find(&callers, ALICE).await.is_some());
    world.store.delete_credential("alice", &id(ALICE)).await.unwrap();
    assert!(find(&callers, ALICE).await.is_none());
}

#[tokio::test]
async fn h16_access_keys_that_differ_in_case_stay_apart_in_memory() {
    let (world, callers) = world().await;
    world.user("alice", "AKIAALICE", UserSettings::default()).await;
    world.user("Alice", "akiaalice", groups(&["Viewers"])).await;
    for _ in 0..2 {
        let upper = find(&callers, "AKIAALICE").await.unwrap();
        let lower = find(&callers, "akiaalice").await.unwrap();
        assert_eq!((&*upper.user, may(&upper, Action::READ_OBJECT)), ("alice", false));
        assert_eq!((&*lower.user, may(&lower, Action::READ_OBJECT)), ("Alice", true));
        assert!(find(&callers, "AkiaAlice").await.is_none());
    }
    world.store.delete_credential("Alice", &id("akiaalice")).await.unwrap();
    assert!(find(&callers, "akiaalice").await.is_none());
    assert!(find(&callers, "AKIAALICE").await.is_some());
}

#[tokio::test]
async fn another_secret_and_an_expiry_count_at_once() {
    let (world, callers) = world().await;
    world.user("alice", ALICE, UserSettings::default()).await;
    find(&callers, ALICE).await.unwrap();
    let expires = NOW + Duration::HOUR;
    let until = Some(Expiry::At(expires));
    let settings = CredentialSettings { expires: until, ..secret("another-secret-of-alice") };
    world.store.update_credential("alice", &id(ALICE), &settings).await.unwrap();
    let caller = find(&callers, ALICE).await.unwrap();
    assert_eq!(caller.verifier.secret().expose(), b"another-secret-of-alice");
    assert_eq!(caller.expires, Some(expires));
}

/// lakeFS GHSA-hh33-46q4-hwm2.
#[tokio::test]
async fn a_user_made_again_under_an_old_name_does_not_bring_old_keys_back() {
    let (world, callers) = world().await;
    world.user("alice", ALICE, groups(&["Viewers"])).await;
    assert!(find(&callers, ALICE).await.is_some());
    let key = format!("credential/{ALICE}");
    let old = world.value(&key).await.unwrap();
    world.store.delete_user("alice").await.unwrap();
    assert!(find(&callers, ALICE).await.is_none());
    world.store.create_user("alice", &groups(&["Admins"]), NOW).await.unwrap();
    assert!(find(&callers, ALICE).await.is_none());
    assert_eq!(world.value(&key).await, None, "it was swept out");
    // And had it not been, as when the program was stopped before it could:
    world.write(&key, old).await;
    assert!(find(&callers, ALICE).await.is_none());
}

#[tokio::test]
async fn groups_and_policies_made_again_under_old_names_grant_nothing() {
    let (world, callers) = world().await;
    world.store.create_policy("Team", &allows("fs:ReadObject"), NOW).await.unwrap();
    world.store.create_group("team", &strings(&["FSFullAccess"]), NOW).await.unwrap();
    let settings = UserSettings { policies: Some(strings(&["Team"])), ..groups(&["team"]) };
    world.user("alice", ALICE, settings).await;
    assert!(may(&find(&callers, ALICE).await.unwrap(), Action::WRITE_OBJECT));
    world.store.delete_group("team").await.unwrap();
    assert!(!may(&find(&callers, ALICE).await.unwrap(), Action::WRITE_OBJECT));
    world.store.create_group("team", &strings(&["FSFullAccess"]), NOW).await.unwrap();
    assert!(!may(&find(&callers, ALICE).await.unwrap(), Action::WRITE_OBJECT));
    world.store.delete_policy("Team").await.unwrap();
    assert!(!may(&find(&callers, ALICE).await.unwrap(), Action::READ_OBJECT));
    world.store.create_policy("Team", &allows("fs:*"), NOW).await.unwrap();
    assert!(!may(&find(&callers, ALICE).await.unwrap(), Action::READ_OBJECT));
    world.store.update_user("alice", &policies(&["Team"])).await.unwrap();
    assert!(may(&find(&callers, ALICE).await.unwrap(), Action::READ_OBJECT));
}

#[tokio::test]
async fn a_store_that_fails_is_an_error_and_never_an_answer() {
    let (world, callers) = world().await;
    world.user("alice", ALICE, UserSettings::default()).await;
    let unavailable = |found: Result<Option<Arc<Caller>>, StoreError>| {
        assert!(matches!(found, Err(StoreError::Unavailable(_))), "{found:?}");
    };
    let alice: AccessKeyId = id(ALICE);
    world.space.fail(true);
    unavailable(callers.find(&alice).await);
    world.space.fail(false);
    assert!(find(&callers, ALICE).await.is_some());
    world.space.fail(true);
    assert!(find(&callers, ALICE).await.is_some(), "what is in memory is still good");
    unavailable(callers.find(&id("AKIAOTHER")).await);
    world.space.fail(false);
    world.store.update_user("alice", &groups(&["Viewers"])).await.unwrap();
    world.space.fail(true);
    unavailable(callers.find(&alice).await);
    world.space.fail(false);
    assert!(may(&find(&callers, ALICE).await.unwrap(), Action::READ_OBJECT));
}

#[tokio::test]
async fn a_record_that_cannot_be_read_is_an_error_and_never_less_policies() {
    let (world, callers) = world().await;
    world.user("alice", ALICE, policies(&["FSReadAll"])).await;
    let entries = store::Space::scan(&*world.space, "policy/".into()).await.unwrap();
    for (key, _) in entries {
        world.write(&key, b"{".to_vec()).await;
    }
    assert!(callers.find(&id(ALICE)).await.is_err());
}

#[tokio::test]
async fn more_callers_than_are_kept_are_all_found() {
    let world = World::new().await;
    let callers = Callers::new(Arc::clone(&world.store), 2);
    for number in 0..20 {
        world.user(&format!("user{number}"), &format!("AKIA{number}"), groups(&["Viewers"])).await;
    }
    for _ in 0..2 {
        for number in 0..20 {
            let caller = find(&callers, &format!("AKIA{number}")).await.unwrap();
            assert_eq!(*caller.user, *format!("user{number}"));
        }
    }
}
