//! `lakegate policy lint`: what is wrong with policies, with its place, and what to look at again.

use crate::harness::{
    recorder::Recorder,
    site::{Ended, Site, identities},
};

#[test]
fn lint_tells_every_fault_with_file_line_and_path() {
    let site = site();
    let faulty = identities()
        .replace("\"fs:ReadObject\"", "\"fs:ReadObjekt\"")
        .replace("object/team-a/closed/*", "object/${aws:username}/*");
    site.write("identities.yaml", &faulty);
    site.write(
        "bare.json",
        r#"{"statement": [{"action": ["fs:*"], "effect": "allow", "resource": "lake"}]}"#,
    );
    let ended = lint(&site, &["identities.yaml", "bare.json"]);
    assert_eq!(ended.code, Some(2), "{ended:#?}");
    for line in [
        "identities.yaml: line 4, column 36: policies[0].statement[0].action[1] (TeamA): unknown action `fs:ReadObjekt`",
        "identities.yaml: line 9, column 19: policies[0].statement[1].resource (TeamA): unknown variable `${aws:username}`",
        "bare.json: line 1, column 68: statement[0].resource: `lake` is neither",
    ] {
        assert!(
            ended.stderr.lines().any(|told| told.starts_with(line)),
            "no {line} in {}",
            ended.stderr
        );
    }
}

#[test]
fn one_fault_hides_no_other() {
    let site = site();
    site.write("broken.yaml", "groups: [{id: team-a}, {id: [}]");
    site.write(
        "faulty.yaml",
        "policies:
  - id: A
    statement:
      - {action: 'fs:ReadObjekt', effect: Allow, resource: '*'}
      - {action: 'fs:*', effect: allow, resource: lake}
  - id: B
    statement: [{action: 'fs:*', effect: Deny, resource: '*'}]
users: [{id: 'a*', groups: [team-a]}]
",
    );
    let ended = lint(&site, &["broken.yaml", "faulty.yaml", "missing.yaml"]);
    let told: Vec<_> = ended.stderr.lines().collect();
    for (line, start) in [
        "broken.yaml: line 1, column 29: ",
        "missing.yaml: cannot be read: ",
        "faulty.yaml: line 4, column 43: policies[0].statement[0].effect (A): `Allow` is no effect: write `allow` or `deny`",
        "faulty.yaml: line 4, column 18: policies[0].statement[0].action[0] (A): unknown action",
        "faulty.yaml: line 5, column 51: policies[0].statement[1].resource (A): `lake`",
        "faulty.yaml: line 7, column 42: policies[1].statement[0].effect (B): `Deny` is no effect: write `allow` or `deny`",
        "faulty.yaml: line 8, column 14: users[0].id (a*): ",
    ]
    .into_iter()
    .enumerate()
    {
        assert!(told.get(line).is_some_and(|told| told.starts_with(start)), "{start}: {told:#?}");
    }
    assert_eq!((ended.code, told.len()), (Some(2), 7), "{told:#?}");
}

#[test]
fn lint_refuses_what_is_no_policy_and_what_refers_to_nothing() {
    let site = site();
    for (text, told) in [
        ("policies: [{id: A, statements: []}]", "statements"),
        ("users: [{id: a, groups: [nowhere]}]", "users[0].groups[0] (a): no group `nowhere`"),
        ("{\"statement\": [], \"version\": 1}", "version"),
        ("a: [", "line 1"),
    ] {
        site.write("file.yaml", text);
        let ended = lint(&site, &["file.yaml"]);
        assert_eq!(ended.code, Some(2), "{text}: {ended:#?}");
        assert!(ended.stderr.contains(told), "{text}: {}", ended.stderr);
    }
    assert_eq!(lint(&site, &["missing.yaml"]).code, Some(2));
    assert_eq!(lint(&site, &[]).code, Some(2));
}

#[test]
fn a_fault_of_a_lakefs_document_is_told_for_what_it_is() {
    let site = site();
    let policy = "statement:\n  - action: ['fs:*']\n    effect: allow\n    resource: '*'\n";
    for (text, place, told) in [
        (policy.replace("effect: allow", "effect: allow\n    effect: deny"), "4", "`effect`"),
        (policy.replace("'*'", "*"), "4", ""),
        (policy.replace("['fs:*']", "!all ['fs:*']"), "2", "`!all`"),
        (format!("{policy}---\n{policy}"), "6", ""),
        ("{\"statement\": [\n{\"effect\": \"allow\",, }]}".to_owned(), "2", ""),
        (policy.replace("resource", "resources"), "4", "unknown field `resources`"),
        (
            policy.replace("statement", "Statement"),
            "1",
            "`Statement`, expected one of id, statement",
        ),
        ("id: A\n".to_owned(), "1", "`statement`"),
    ] {
        site.write("bare.yaml", &text);
        let ended = lint(&site, &["bare.yaml"]);
        let line = format!("bare.yaml: line {place}, column ");
        assert_eq!(ended.code, Some(2), "{text}: {ended:#?}");
        assert!(ended.stderr.starts_with(&line), "{text}: {}", ended.stderr);
        assert!(ended.stderr.contains(told), "{text}: no {told} in {}", ended.stderr);
        assert!(!ended.stderr.contains("unknown field `statement`"), "{text}: {}", ended.stderr);
    }
}

#[test]
fn files_are_read_together_and_each_fault_is_told_in_its_own() {
    let site = site();
    site.write("people.yaml", "users: [{id: bob, groups: [team-a]}]");
    assert_eq!(lint(&site, &["people.yaml"]).code, Some(2));
    assert_eq!(lint(&site, &["identities.yaml", "people.yaml"]).code, Some(0));
    site.write(
        "people.yaml",
        "policies: [{id: TeamA, statement: [{action: 'fs:*', effect: allow, resource: '*'}]}]",
    );
    let ended = lint(&site, &["identities.yaml", "people.yaml"]);
    let told = "people.yaml: line 1, column 17: policies[0].id (TeamA): the same name stands in \
                identities.yaml: line 2, column 9: ";
    assert!(ended.stderr.starts_with(told), "{ended:#?}");
    assert_eq!(ended.stderr.lines().count(), 1, "{ended:#?}");
}

#[test]
fn a_name_in_two_files_is_told_with_both_places() {
    let site = site();
    let policy = "statement: [{action: 'fs:*', effect: allow, resource: '*'}]";
    for (first, second, told) in [
        (
            "groups: [{id: g}]",
            "users: []\ngroups:\n- {id: g}",
            "second.yaml: line 3, column 8: groups[0].id (g): the same name stands in first.yaml: line 1, column 15: ",
        ),
        (
            "users: [{id: u}]",
            "users: [{id: u}]",
            "second.yaml: line 1, column 14: users[0].id (u): the same name stands in first.yaml: line 1, column 14: ",
        ),
        (
            &format!("id: P\n{policy}"),
            &format!("id: P\n{policy}"),
            "second.yaml: line 1, column 5: id: the same name stands in first.yaml: line 1, column 5: ",
        ),
        (
            "users: [{id: a, credentials: [{access_key_id: KEY1}]}]",
            "users: [{id: b, credentials: [{access_key_id: KEY1}]}]",
            "second.yaml: line 1, column 47: users[0].credentials[0].access_key_id (b): the same name stands in first.yaml: line 1, column 47: ",
        ),
    ] {
        site.write("first.yaml", first);
        site.write("second.yaml", second);
        let ended = lint(&site, &["first.yaml", "second.yaml"]);
        assert!(ended.code == Some(2) && ended.stderr.starts_with(told), "{second}: {ended:#?}");
        assert_eq!(ended.stderr.lines().count(), 1, "{second}: {ended:#?}");
    }
    site.write("twice.yaml", "users: [{id: u}, {id: u}]");
    let ended = lint(&site, &["twice.yaml"]);
    assert!(ended.stderr.contains("users[1].id (u): user `u` stands here twice"), "{ended:#?}");
}

#[test]
fn lint_refuses_what_apply_refuses_without_a_secret() {
    let site = site();
    site.write("alice.key", "a-secret-of-alices");
    for (credentials, told) in [
        (
            "{access_key_id: 'a b', secret_access_key_file: alice.key}",
            "users[0].credentials[0].access_key_id (a): ",
        ),
        (
            "{access_key_id: KEY1, secret_access_key: secret-secret, secret_access_key_file: alice.key}",
            "users[0].credentials[0] (a): give one of `secret_access_key`, ",
        ),
        (
            "{access_key_id: KEY1, secret_access_key_file: alice.key}, {access_key_id: KEY1, secret_access_key_file: alice.key}",
            "users[0].credentials[1].access_key_id (a): credential `KEY1` stands here twice",
        ),
        (
            "{access_key_id: KEY1, secret_access_key: short}",
            "users[0].credentials[0].secret_access_key (a): ",
        ),
        (
            "{access_key_id: KEY1, secret_access_key_file: alice.key, description: \"\\n\"}",
            "users[0].credentials[0].description (a): ",
        ),
    ] {
        site.write("identities.yaml", &format!("users: [{{id: a, credentials: [{credentials}]}}]"));
        for ended in [lint(&site, &["identities.yaml"]), site.apply_with(&[])] {
            assert_eq!(ended.code, Some(2), "{credentials}: {ended:#?}");
            assert!(ended.stderr.contains(told), "{credentials}: {ended:#?}");
            assert_eq!(ended.stderr.lines().count(), 1, "{credentials}: {ended:#?}");
        }
    }
    // What it takes a secret or a store to know is not asked.
    site.write(
        "identities.yaml",
        "users: [{id: a, credentials: [{access_key_id: KEY1}, {access_key_id: KEY2, secret_access_key_file: no.key}]}]",
    );
    assert_eq!(lint(&site, &["identities.yaml"]).code, Some(0));
}

#[test]
fn lint_warns_of_what_is_said_in_vain_and_of_what_is_said_too_widely() {
    let site = site();
    site.write(
        "wide.yaml",
        "policies:
  - id: Wide
    statement:
      - {action: ['fs:ReadObject'], effect: allow, resource: 'arn:lakefs:fs:::repository/lake'}
      - {action: ['fs:WriteObject'], effect: allow, resource: 'arn:lakefs:fs:::repository/lake/object/a/*'}
      - {action: ['fs:Write*'], effect: allow, resource: 'arn:lakefs:fs:::repository/lake/object/*'}
      - {action: ['auth:*'], effect: allow, resource: '*'}
",
    );
    let ended = lint(&site, &["wide.yaml"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{ended:#?}");
    for line in [
        "warning: wide.yaml: line 4, column 19: policies[0].statement[0].action[0] (Wide): `fs:ReadObject` does nothing",
        "warning: wide.yaml: line 5, column 9: policies[0].statement[1] (Wide): statement[2] says all of this already",
        "warning: wide.yaml: line 7, column 19: policies[0].statement[3].action[0] (Wide): `auth:*` allows to change",
        "warning: wide.yaml: line 7, column 55: policies[0].statement[3].resource (Wide): `*` allows `auth:",
        "warning: wide.yaml: line 7, column 9: policies[0].statement[3] (Wide): auth:",
    ] {
        assert!(
            ended.stdout.lines().any(|told| told.starts_with(line)),
            "no {line} in {}",
            ended.stdout
        );
    }
    assert!(ended.stdout.contains("\npolicies: 1, warnings: "), "{}", ended.stdout);
}

#[test]
fn the_store_is_linted_as_the_file_that_was_applied() {
    let site = site();
    let config = ["--config", "lakegate.yaml"];
    let without = lint(&site, &config);
    assert_eq!(without.code, Some(2), "{without:#?}");
    assert!(without.stderr.contains("there is no store yet"), "{}", without.stderr);
    assert!(!site.path("lakegate.redb").exists());
    site.apply();
    let ended = lint(&site, &config);
    assert_eq!(
        (ended.code, ended.stdout.as_str()),
        (Some(0), "policies: 1, warnings: 0\n"),
        "{ended:#?}"
    );
}

fn site() -> Site {
    Site::new(&Recorder::start().upstream)
}

fn lint(site: &Site, args: &[&str]) -> Ended {
    site.run(&[&["policy", "lint"], args].concat())
}
