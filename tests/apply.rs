//! `lakegate apply`: the identities of a file become those of the store, and the next start obeys them.

use crate::harness::{
    Key,
    gateway::Gateway,
    recorder::Recorder,
    sign::Draft,
    site::{Site, admin, alice, identities, viewer},
};

#[test]
fn a_second_apply_changes_nothing() {
    let site = site();
    let first = site.apply();
    for name in ["alice", "viewer", "TeamA", "team-a"] {
        assert!(first.contains(name), "no {name} in {first}");
    }
    let second = site.apply();
    for name in ["alice", "viewer", "TeamA", "team-a"] {
        assert!(!second.contains(name), "{name} again in {second}");
    }
}

#[test]
fn a_dry_run_says_what_it_would_do_and_does_nothing() {
    let (site, recorder) = site_and_recorder();
    let dry = site.apply_with(&["--dry-run"]);
    assert_eq!(dry.code, Some(0), "{dry:#?}");
    assert!(dry.stdout.contains("alice"), "{dry:#?}");
    assert_eq!(get(&site.serve(), &admin(), "/lake/a"), (403, "InvalidAccessKeyId".to_owned()));
    let wet = site.apply();
    assert_eq!(wet.lines().count(), dry.stdout.lines().count(), "{wet} is not {}", dry.stdout);
    assert_eq!(get(&site.serve(), &admin(), "/lake/a").0, 200);
    assert_eq!(recorder.requests().len(), 1);
}

#[test]
fn who_is_no_longer_in_the_file_stays_until_pruned() {
    let (site, _recorder) = site_and_recorder();
    site.apply();
    site.write("identities.yaml", &without_alice());

    site.apply();
    assert_eq!(get(&site.serve(), &alice(), "/lake/team-a/x").0, 200);

    let pruned = site.apply_with(&["--prune"]);
    assert_eq!(pruned.code, Some(0), "{pruned:#?}");
    assert!(pruned.stdout.contains("alice"), "{pruned:#?}");
    let gateway = site.serve();
    assert_eq!(get(&gateway, &alice(), "/lake/team-a/x"), (403, "InvalidAccessKeyId".to_owned()));
    assert_eq!(get(&gateway, &viewer(), "/lake/a").0, 200, "the presets stay");
    assert_eq!(get(&gateway, &admin(), "/lake/a").0, 200);
}

#[test]
fn a_changed_policy_is_obeyed_from_the_next_start() {
    let (site, _recorder) = site_and_recorder();
    site.apply();
    assert_eq!(get(&site.serve(), &alice(), "/lake/team-a/x").0, 200);
    assert_eq!(get(&site.serve(), &alice(), "/lake/team-b/x").0, 403);

    site.write("identities.yaml", &identities().replace("object/team-a/*", "object/team-b/*"));
    let changes = site.apply();
    assert!(changes.contains("TeamA") && !changes.contains("alice"), "{changes}");
    assert_eq!(get(&site.serve(), &alice(), "/lake/team-a/x").0, 403);
    assert_eq!(get(&site.serve(), &alice(), "/lake/team-b/x").0, 200);
}

#[test]
fn a_user_who_is_disabled_is_dead_at_the_next_start() {
    let (site, _recorder) = site_and_recorder();
    site.apply();
    site.write(
        "identities.yaml",
        &identities().replace("id: viewer\n", "id: viewer\n    enabled: false\n"),
    );
    assert!(site.apply().contains("viewer"));
    assert_eq!(get(&site.serve(), &viewer(), "/lake/a"), (403, "InvalidAccessKeyId".to_owned()));
}

#[test]
fn a_changed_secret_replaces_the_old_one() {
    let (site, _recorder) = site_and_recorder();
    site.apply();
    let changed = Key::new(&viewer().id, "another-secret-0123456789-abcdefghijklm");
    site.write("identities.yaml", &identities().replace(&viewer().secret, &changed.secret));
    let printed = site.apply();
    assert!(printed.contains(&changed.id) && !printed.contains(&changed.secret), "{printed}");
    let gateway = site.serve();
    assert_eq!(get(&gateway, &viewer(), "/lake/a"), (403, "SignatureDoesNotMatch".to_owned()));
    assert_eq!(get(&gateway, &changed, "/lake/a").0, 200);
}

#[test]
fn a_secret_may_stand_in_a_file_of_its_own() {
    let (site, _recorder) = site_and_recorder();
    let inline = format!("secret_access_key: {}", alice().secret);
    site.write(
        "identities.yaml",
        &identities().replace(&inline, "secret_access_key_file: alice.key"),
    );
    site.write("alice.key", &format!("{}\n", alice().secret));
    site.apply();
    assert_eq!(get(&site.serve(), &alice(), "/lake/team-a/x").0, 200);
}

#[test]
fn a_document_with_a_fault_is_refused_with_its_place_and_nothing_of_the_file_is_applied() {
    let (old_key, new_key) = (alice_key(), alice_key().replace("ALICE", "AL-CE"));
    let taken_key = alice_key().replace("ALICE", "ADMIN");
    let faults: &[(&str, &str, &[&str])] = &[
        (
            "\"fs:ReadObject\"",
            "\"fs:ReadObjekt\"",
            &["TeamA", "statement[0].action[1]", "fs:ReadObjekt"],
        ),
        ("effect: deny", "effect: Deny", &["TeamA", "statement[1].effect"]),
        ("effect: deny", "effect: deny\n        effekt: deny", &["effekt"]),
        (
            "arn:lakefs:fs:::repository/lake/object/team-a/*",
            "arn:aws:s3:::lake",
            &["statement[0].resource"],
        ),
        ("policies: [TeamA]", "policies: [TeamB]", &["TeamB"]),
        ("groups: [team-a]", "groups: [team-b]", &["team-b"]),
        ("id: alice", "id: \"ali*ce\"", &["ali*ce"]),
        ("id: alice", "id: viewer", &["viewer"]),
        (&old_key, &new_key, &["alice", "access_key_id"]),
        (&old_key, &taken_key, &["TESTADMIN0000001"]),
        ("users:", "user:", &["user"]),
    ];
    for (old, new, words) in faults {
        let (site, _recorder) = site_and_recorder();
        assert!(identities().contains(old), "{old}");
        site.write("identities.yaml", &identities().replacen(old, new, 1));
        let ended = site.apply_with(&[]);
        assert_eq!(ended.code, Some(2), "{new}: {ended:#?}");
        for word in *words {
            assert!(ended.stderr.contains(word), "{new}: no {word} in {}", ended.stderr);
        }
        assert_eq!(get(&site.serve(), &admin(), "/lake/a").0, 403, "{new}");
    }
}

#[test]
fn a_refused_file_makes_no_store() {
    let (site, _recorder) = site_and_recorder();
    let sealed =
        "users: [{id: a, credentials: [{access_key_id: KEY1, secret_access_key_sealed: a.b}]}]";
    for text in ["groups: [{id: 'a*'}]", "users: [{id: a, groups: [nowhere]}]", sealed] {
        site.write("identities.yaml", text);
        for args in [&[][..], &["--dry-run"], &["--prune"]] {
            let ended = site.apply_with(args);
            assert_eq!(ended.code, Some(2), "{text}: {ended:#?}");
            assert!(!site.path("lakegate.redb").exists(), "{text}");
        }
    }
}

#[test]
fn an_empty_file_becomes_a_store_by_apply_alone() {
    let (site, _recorder) = site_and_recorder();
    site.write("lakegate.redb", "");
    let empty = || site.path("lakegate.redb").metadata().unwrap().len() == 0;
    let config = ["--config", "lakegate.yaml"];
    for words in [
        &["export"][..],
        &["policy", "lint"],
        &["policy", "explain", "--user", "a", "fs:ReadObject", "*"],
        &["policy", "who-can", "fs:ReadObject", "*"],
        &["policy", "diff", "identities.yaml"],
    ] {
        let ended = site.run(&[words, &config].concat());
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{words:?}: {ended:#?}");
        assert!(ended.stderr.contains("lakegate.redb: there is no store yet"), "{ended:#?}");
        assert!(empty(), "{words:?}");
    }
    let dry = site.apply_with(&["--dry-run"]);
    assert!(dry.code == Some(0) && dry.stdout.contains("alice") && empty(), "{dry:#?}");
    assert!(site.apply().contains("alice"));
    assert_eq!(get(&site.serve(), &alice(), "/lake/team-a/x").0, 200);
}

#[test]
fn h01_h02_a_name_that_could_be_a_pattern_a_variable_or_a_path_is_refused_wherever_it_is_written() {
    let names = [
        "",
        ".",
        "..",
        "*",
        "?",
        "a*",
        "$",
        "${user}",
        "a${aws:username}",
        "a{b",
        "a}b",
        "a/b",
        "50%",
        "a\\b",
        "a\0",
        "a\nb",
        "a\u{85}b",
        "\u{7f}",
    ];
    assert_names_are_refused(&["policies", "groups", "users"], &names);
}

#[test]
fn h18_a_name_that_looks_like_another_is_refused() {
    let names =
        ["root ", " Admins", "Admins\u{a0}", "ro\u{200b}ot", "\u{feff}Admins", "Admins\u{202e}"];
    assert_names_are_refused(&["policies", "groups", "users"], &names);
    let groups = ["admins", "ADMINS", "Adm\u{ed}ns", "Admi\u{301}ns", "\u{410}dmins", "superusers"];
    assert_names_are_refused(&["groups"], &groups);
    assert_names_are_refused(&["policies"], &["authfullaccess", "FSFULLACCESS", "FSReadA\u{13a}l"]);
}

#[test]
fn h18_a_preset_may_be_edited_under_its_own_name_and_is_warned_of() {
    let (site, _recorder) = site_and_recorder();
    site.apply();
    site.write(
        "identities.yaml",
        "policies: [{id: FSReadAll, statement: [{action: 'fs:ListObjects', effect: allow, resource: '*'}]}]\n\
         groups: [{id: Root}]\n",
    );
    let ended = site.apply_with(&[]);
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    assert!(ended.stderr.contains("warning: FSReadAll is a preset: "), "{ended:#?}");
    assert_eq!(get(&site.serve(), &viewer(), "/lake/a").0, 403);
}

#[test]
fn h03_a_variable_that_is_not_known_is_refused_with_its_place() {
    for (variable, effect) in
        [("${aws:username}", "allow"), ("${USER}", "deny"), ("${user", "deny")]
    {
        let (site, _recorder) = site_and_recorder();
        site.write(
            "identities.yaml",
            &format!(
                "policies: [{{id: P, statement: [{{action: 'fs:*', effect: {effect}, \
                 resource: 'arn:lakefs:fs:::repository/{variable}/*'}}]}}]\n"
            ),
        );
        let ended = site.apply_with(&[]);
        assert_eq!(ended.code, Some(2), "{variable}: {ended:#?}");
        assert!(ended.stderr.starts_with("identities.yaml: line 1, column "), "{ended:#?}");
        assert!(ended.stderr.contains("policies[0].statement[0].resource (P)"), "{ended:#?}");
    }
}

#[test]
fn j07_apply_leaves_the_store_alone_while_a_gateway_runs_on_it() {
    let (site, _recorder) = site_and_recorder();
    site.apply();
    let gateway = site.serve();
    site.write("identities.yaml", &without_alice());
    let ended = site.apply_with(&["--prune"]);
    assert_eq!(ended.code, Some(1), "{ended:#?}");
    assert_eq!(get(&gateway, &alice(), "/lake/team-a/x").0, 200);
}

#[test]
fn j14_a_store_does_not_open_with_another_secret_key() {
    let (site, _recorder) = site_and_recorder();
    site.apply();
    site.write("secret.key", "another-encryption-key-of-more-than-32-bytes");
    for ended in [site.apply_with(&[]), site.run(&["serve", "--config", "lakegate.yaml"])] {
        assert!(ended.code.is_some_and(|code| code != 0), "{ended:#?}");
        assert!(ended.stderr.contains("secret_key"), "{ended:#?}");
    }
}

#[test]
fn l04_the_store_file_holds_no_secret_in_clear() {
    let site = site();
    site.apply();
    let file = std::fs::read(site.path("lakegate.redb")).unwrap();
    for key in [admin(), viewer(), alice()] {
        let found = |text: &str| file.windows(text.len()).any(|part| part == text.as_bytes());
        assert!(found(&key.id) && !found(&key.secret), "{}", key.id);
    }
}

/// A file that has these names in these lists is refused, with the place of each name.
fn assert_names_are_refused(lists: &[&str], names: &[&str]) {
    let (site, _recorder) = site_and_recorder();
    let mut lines = Vec::new();
    for list in lists {
        let more = if *list == "policies" { STATEMENT } else { "" };
        lines.push(format!("{list}:"));
        lines.extend(names.iter().map(|name| format!("- {{id: {}{more}}}", quoted(name))));
    }
    site.write("identities.yaml", &lines.join("\n"));
    let ended = site.apply_with(&[]);
    assert_eq!(ended.code, Some(2), "{ended:#?}");
    assert_eq!(ended.stderr.lines().count(), lists.len() * names.len(), "{}", ended.stderr);
    for list in lists {
        for (index, name) in names.iter().enumerate() {
            let place = format!(": {list}[{index}].id ");
            let line = ended.stderr.lines().find(|line| line.contains(&place));
            let is_told = line.is_some_and(|line| line.starts_with("identities.yaml: line "));
            assert!(is_told, "{name:?} in {list}: {}", ended.stderr);
        }
    }
}

const STATEMENT: &str = ", statement: [{action: 'fs:*', effect: allow, resource: '*'}]";

/// `text` in YAML, with nothing but ASCII in it.
fn quoted(text: &str) -> String {
    let escaped: String = text
        .chars()
        .map(|character| match character {
            ' '..='~' if !"\"\\".contains(character) => character.to_string(),
            _ => format!("\\U{:08x}", u32::from(character)),
        })
        .collect();
    format!("\"{escaped}\"")
}

fn site() -> Site {
    site_and_recorder().0
}

fn site_and_recorder() -> (Site, Recorder) {
    let recorder = Recorder::start();
    (Site::new(&recorder.upstream), recorder)
}

fn get(gateway: &Gateway, key: &Key, target: &str) -> (u16, String) {
    let response = Draft::new(key, "GET", target).send(gateway.s3, b"");
    let code = if response.status() == 200 { String::new() } else { response.code() };
    (response.status(), code)
}

fn alice_key() -> String {
    format!("access_key_id: {}", alice().id)
}

fn without_alice() -> String {
    let file = identities();
    let start = file.find("  - id: alice\n").unwrap();
    let end = start + file[start + 1..].find("  - id: nobody\n").unwrap() + 1;
    format!("{}{}", &file[..start], &file[end..])
}
