//! `lakegate policy`: what is told of policies without a gateway. That it is what the gateway does, `enforcement` shows.

use crate::harness::{
    Key,
    recorder::Recorder,
    site::{Ended, Site, identities},
};

#[test]
fn an_explanation_names_the_statements_that_decided() {
    let site = site();
    let ended = explain(&site, "alice", &["identities.yaml", "s3:GetObject", "s3://lake/team-a/x"]);
    assert_eq!(
        (ended.code, ended.stdout.as_str()),
        (
            Some(0),
            "allow: alice may do s3:GetObject on s3://lake/team-a/x
  fs:ReadObject on arn:lakefs:fs:::repository/lake/object/team-a/x: allowed
    by TeamA statement[0] (group team-a): allow fs:ListObjects, fs:ReadObject, fs:WriteObject and 1 more on arn:lakefs:fs:::repository/lake/object/team-a/*
"
        )
    );
    let ended = explain(
        &site,
        "alice",
        &[
            "identities.yaml",
            "fs:ReadObject",
            "arn:lakefs:fs:::repository/lake/object/team-a/closed/x",
        ],
    );
    for line in [
        "deny: alice may not do fs:ReadObject on",
        "    by TeamA statement[1] (group team-a): deny fs:* on",
        "    otherwise it would be allowed by TeamA statement[0]",
    ] {
        assert!(
            ended.stdout.lines().any(|told| told.starts_with(line)),
            "no {line} in {}",
            ended.stdout
        );
    }
    assert_eq!(ended.code, Some(0), "{ended:#?}");
}

#[test]
fn an_explanation_names_the_nearest_misses_and_what_would_change_the_answer() {
    let site = site();
    site.write("identities.yaml", &conditioned());
    for (user, words, line) in [
        (
            "alice",
            ["s3:GetObject", "s3://lake/team-b/x"],
            "it would allow this if it named arn:lakefs:fs:::repository/lake/object/team-b/x: its resources agree as far as `repository/lake/object/team-`",
        ),
        (
            "alice",
            ["fs:ReadObjectTags", "arn:lakefs:fs:::repository/lake/object/team-a/x"],
            "it would allow this if it named fs:ReadObjectTags; the nearest action that it names is fs:ReadObject",
        ),
        (
            "alice",
            ["s3:ListObjectsV2", "s3://lake/team-"],
            "it would allow this if it named every key under the prefix",
        ),
        (
            "near",
            ["s3:GetObject", "s3://lake/x"],
            "it would allow this if its condition held: IpAddress aws:SourceIp 127.0.0.0/8 (the request has `10.0.0.1`)",
        ),
        (
            "nobody",
            ["s3:GetObject", "s3://lake/x"],
            "no statement comes near: one is needed that allows fs:ReadObject on",
        ),
    ] {
        let words = ["identities.yaml", words[0], words[1], "--context", "SourceIp=10.0.0.1"];
        let ended = explain(&site, user, &words);
        assert!(
            ended.stdout.starts_with("deny: ") && ended.stdout.contains(line),
            "no {line} in {ended:#?}"
        );
    }
}

#[test]
fn policies_may_be_named_instead_of_those_that_a_user_holds() {
    let site = site();
    let home = "policies: [{id: Home, statement: [{action: 'fs:*', effect: allow, resource: 'arn:lakefs:fs:::repository/lake/object/home/${user}/*'}]}]";
    site.write("identities.yaml", home);
    for (user, policy, key, answer) in [
        ("zoe", "Home", "home/zoe/x", "allow: "),
        ("zoe", "Home", "home/bob/x", "deny: "),
        ("bob", "Home", "home/bob/x", "allow: "),
        ("bob", "FSReadAll", "home/zoe/x", "allow: "),
    ] {
        let object = format!("s3://lake/{key}");
        let ended =
            explain(&site, user, &["--policy", policy, "identities.yaml", "s3:GetObject", &object]);
        assert!(ended.stdout.starts_with(answer), "{user} {policy} {key}: {ended:#?}");
    }
}

#[test]
fn files_and_options_stand_in_any_order() {
    let site = site();
    site.write("more.yaml", "users: [{id: zoe, groups: [team-a]}]");
    let words = ["identities.yaml", "more.yaml", "s3:GetObject", "s3://lake/team-a/x"];
    for place in 0..=words.len() {
        for options in [&["--user", "zoe"][..], &["--user=zoe", "--context", "SourceIp=10.0.0.1"]] {
            let line = [&["policy", "explain"], &words[..place], options, &words[place..]].concat();
            let ended = site.run(&line);
            assert_eq!(ended.code, Some(0), "{line:?}: {ended:#?}");
            assert!(ended.stdout.starts_with("allow: zoe may do "), "{line:?}: {ended:#?}");
        }
    }
}

#[test]
fn a_question_that_cannot_be_asked_is_refused_with_what_would_be_right() {
    let site = site();
    for (user, words, told) in [
        ("alicf", &["identities.yaml", "fs:ReadObject", "*"][..], "--user: no user `alicf`"),
        (
            "alice",
            &["identities.yaml", "fs:ReadObjekt", "*"],
            "nearest known one is `fs:ReadObject`",
        ),
        (
            "alice",
            &["identities.yaml", "s3:GetObjekt", "s3://lake/x"],
            "nearest known one is `s3:GetObject`",
        ),
        ("alice", &["identities.yaml", "s3:GetObject", "lake/x"], "write `s3://bucket/key`"),
        (
            "alice",
            &["identities.yaml", "s3:RenameObject", "s3://lake/x"],
            "refuses RenameObject to everybody",
        ),
        (
            "alice",
            &["identities.yaml", "fs:ReadObject", "*", "--context", "SourceIp"],
            "is not KEY=VALUE",
        ),
        ("alice", &["identities.yaml", "fs:ReadObject", "*", "--context", "VpcId=1"], "VpcId"),
        (
            "alice",
            &["identities.yaml", "fs:ReadObject", "*", "--policy", "Nope"],
            "--policy: no policy `Nope`",
        ),
        ("alice", &["fs:ReadObject", "*"], "no file and no --config: write FILE… or --config FILE"),
        ("alice", &["identities.yaml"], "write FILE… or --config FILE, and an action"),
        (
            "alice",
            &["identities.yaml", "s3://lake/x", "s3:GetObject"],
            "`s3:GetObject` stands where a file belongs",
        ),
        (
            "alice",
            &["arn:lakefs:fs:::repository/lake", "fs:ReadObject", "*"],
            "`arn:lakefs:fs:::repository/lake` stands where a file belongs",
        ),
        (
            "alice",
            &["identities.yaml", "fs:ReadObject", "*", "--config", "lakegate.yaml"],
            "there are files, such as `identities.yaml`, and --config",
        ),
        (
            "alice",
            &["identities.yaml", "GetObject", "s3://lake/x"],
            "the nearest known one is `s3:GetObject`",
        ),
        (
            "alice",
            &["identities.yaml", "S3:GetObject", "s3://lake/x"],
            "the nearest known one is `s3:GetObject`",
        ),
    ] {
        let ended = explain(&site, user, words);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{words:?}: {ended:#?}");
        assert!(ended.stderr.contains(told), "{words:?}: no {told} in {}", ended.stderr);
    }
}

#[test]
fn who_can_names_users_with_the_statement_and_the_group() {
    let site = site();
    let ended = who_can(&site, &["s3:GetObject", "s3://lake/team-a/x", "identities.yaml"]);
    let lines: Vec<_> =
        ended.stdout.lines().map(|line| line.split(": allow").next().unwrap()).collect();
    assert_eq!(
        lines,
        [
            "admin: FSFullAccess statement[0] (group Admins)",
            "alice: TeamA statement[0] (group team-a)",
            "expired: FSFullAccess statement[0] (group Admins)",
            "viewer: FSReadAll statement[0] (group Viewers)",
        ]
    );
    for words in [
        &["identities.yaml", "s3:GetObject", "s3://lake/team-a/x"][..],
        &["s3:GetObject", "s3://lake/team-a/x", "identities.yaml"],
        &["s3:GetObject", "--context", "SourceIp=::1", "s3://lake/team-a/x", "identities.yaml"],
    ] {
        assert_eq!(who_can(&site, words).stdout, ended.stdout, "{words:?}");
    }
    site.write("nobody.yaml", "users: [{id: a}]");
    let ended = who_can(&site, &["fs:ReadObject", "*", "nobody.yaml"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), "nobody\n"));
    let ended = who_can(&site, &["s3:ListBuckets", "s3://", "nobody.yaml"]);
    assert_eq!(ended.stdout, "a: everybody may list buckets\n", "{ended:#?}");
    let ended = explain(&site, "a", &["s3:ListBuckets", "s3://", "nobody.yaml"]);
    let told = "  everybody may list buckets; a sees those that their policies reach\n";
    assert!(ended.stdout.ends_with(told), "{ended:#?}");
    for (user, bucket, answer, told) in [
        ("alice", "lake", "allow: ", "    lake is one of them\n"),
        ("alice", "pond", "deny: ", "    pond is none of them: nothing in it is allowed, or "),
        ("viewer", "pond", "allow: ", "viewer sees all of them\n    pond is one of them\n"),
    ] {
        let words = ["s3:ListBuckets", &format!("s3://{bucket}"), "identities.yaml"];
        let ended = explain(&site, user, &words);
        assert!(ended.stdout.starts_with(answer) && ended.stdout.contains(told), "{ended:#?}");
        let line = format!("{user}: the list of buckets shows {bucket}\n");
        assert_eq!(who_can(&site, &words).stdout.contains(&line), answer == "allow: ");
    }
    site.apply();
    let ended = who_can(
        &site,
        &["fs:CreateRepository", "arn:lakefs:fs:::repository/new", "--config", "lakegate.yaml"],
    );
    assert!(
        ended.stdout.starts_with("admin: FSFullAccess") && !ended.stdout.contains("alice"),
        "{ended:#?}"
    );
}

#[test]
fn a_table_of_expectations_fails_by_the_cases_that_differ_and_explains_them() {
    let site = site();
    let cases = "cases:
  - {user: alice, action: 'fs:ReadObject', resource: 'arn:lakefs:fs:::repository/lake/object/team-a/x', expect: allow}
  - {user: alice, action: 's3:PutObject', resource: 's3://lake/team-b/x', expect: deny}
  - {user: near, action: 's3:GetObject', resource: 's3://lake/x', context: {'aws:sourceip': 127.0.0.1}, expect: allow}
  - {user: near, action: 's3:GetObject', resource: 's3://lake/x', context: {SourceIp: 10.0.0.1, SecureTransport: true}, expect: deny}
  - {user: viewer, action: 's3:ListBuckets', resource: 's3://', expect: allow}
";
    site.write("cases.yaml", &format!("{}{cases}", conditioned()));
    let ended = test(&site);
    assert_eq!(
        (ended.code, ended.stdout.as_str()),
        (Some(0), "5 passed, 0 failed\n"),
        "{ended:#?}"
    );
    let wrong = cases.replace(
        "resource: 's3://lake/team-b/x', expect: deny",
        "resource: 's3://lake/team-b/x', expect: allow",
    );
    site.write("cases.yaml", &format!("{}{wrong}", conditioned()));
    let ended = test(&site);
    assert_eq!(ended.code, Some(1), "{ended:#?}");
    let start =
        "cases[1]: expected allow, got deny: alice may not do s3:PutObject on s3://lake/team-b/x\n";
    assert!(
        ended.stdout.starts_with(start) && ended.stdout.contains("not quite by TeamA statement[0]"),
        "{}",
        ended.stdout
    );
    assert!(ended.stdout.ends_with("4 passed, 1 failed\n"), "{}", ended.stdout);
}

#[test]
fn a_table_with_a_fault_is_refused_with_the_path_of_the_fault() {
    let site = site();
    let case = "{user: alice, action: 'fs:ReadObject', resource: '*', context: {SourceIp: 10.0.0.1}, expect: allow}";
    for (old, new, told) in [
        ("user: alice", "user: bob", "cases[0].user: no user `bob`"),
        ("fs:ReadObject", "fs:ReadObjekt", "cases[0].action: unknown action `fs:ReadObjekt`"),
        ("resource: '*'", "resource: lake", "cases[0].resource: `lake` is neither"),
        ("10.0.0.1", "lake", "cases[0].context.SourceIp: `lake` is no value"),
        ("SourceIp", "VpcId", "cases[0].context.VpcId: "),
        ("expect: allow", "expect: Allow", "cases[0].expect: "),
        ("expect: allow", "expects: allow", "cases[0].expects: "),
    ] {
        assert!(case.contains(old), "{old}");
        site.write(
            "cases.yaml",
            &format!("{}cases:\n- {}\n", identities(), case.replace(old, new)),
        );
        let ended = test(&site);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{new}: {ended:#?}");
        let line = format!("cases.yaml: line {}, column ", identities().lines().count() + 2);
        assert!(
            ended.stderr.starts_with(&line) && ended.stderr.contains(told),
            "{new}: {}",
            ended.stderr
        );
    }
    let lines = identities().lines().count();
    for (cases, told) in [
        ("", "cases.yaml: `cases` is missing: ".to_owned()),
        ("cases:\n", "cases.yaml: `cases` is missing: ".to_owned()),
        (
            "cases: []\n",
            format!("cases.yaml: line {}, column 8: cases: at least one case is needed", lines + 1),
        ),
    ] {
        site.write("cases.yaml", &format!("{}{cases}", identities()));
        let ended = test(&site);
        assert!(ended.code == Some(2) && ended.stderr.starts_with(&told), "{cases}: {ended:#?}");
    }
}

#[test]
fn conditions_and_contexts_are_read_without_quotes_as_with_them() {
    let site = site();
    let people = "users: [{id: a, policies: [P]}]";
    let quoted = r#"{Bool: {SecureTransport: "true"}, "Null": {Prefix: "true"}, NumericLessThan: {CurrentTime: "1767225600.5"}, NumericGreaterThan: {CurrentTime: ["5"]}}"#;
    let bare = quoted.replace('"', "");
    for condition in [quoted, &bare] {
        let policy = format!(
            "policies: [{{id: P, statement: [{{action: 'fs:*', effect: allow, resource: '*', condition: {condition}}}]}}]"
        );
        for (context, expect) in [
            ("{SecureTransport: true, CurrentTime: 1767225600}", "allow"),
            ("{SecureTransport: 'true', CurrentTime: '1767225600'}", "allow"),
            ("{SecureTransport: false, CurrentTime: 1767225600}", "deny"),
            ("{SecureTransport: true, CurrentTime: 1767225601}", "deny"),
        ] {
            let case = format!(
                "{{user: a, action: 'fs:ReadObject', resource: '*', context: {context}, expect: {expect}}}"
            );
            site.write("cases.yaml", &format!("{policy}\n{people}\ncases: [{case}]\n"));
            let ended = test(&site);
            assert_eq!(ended.stdout, "1 passed, 0 failed\n", "{condition} {context}: {ended:#?}");
        }
        site.write("identities.yaml", &policy);
        site.apply();
        let exported = site.run(&["export", "--config", "lakegate.yaml"]).stdout;
        for line in [
            "      Bool:\n        SecureTransport:\n        - \"true\"\n",
            "      \"Null\":\n",
            "- \"5\"",
        ] {
            assert!(exported.contains(line), "no {line} in {exported}");
        }
    }
    assert_eq!(site.apply(), "no changes\n");
    site.write(
        "identities.yaml",
        "policies: [{id: P, statement: [{action: 'fs:*', effect: allow, resource: '*', condition: {Null: {Prefix: 5}}}]}]",
    );
    let ended = site.apply_with(&[]);
    let place = "identities.yaml: line 1, column 106: policies[0].statement[0].condition.Null.Prefix[0] (P): ";
    assert!(ended.stderr.starts_with(place), "{ended:#?}");
}

fn near() -> Key {
    Key::new("TESTNEARBY000001", "near-secret-0123456789-abcdefghijklmnop")
}

/// The people of the site, and one whose rights depend on where they are and on what they list.
fn conditioned() -> String {
    let Key { id, secret, .. } = near();
    identities()
        .replace(
            "groups:\n  - id: team-a\n",
            r#"  - id: Near
    statement:
      - action: ["fs:ListObjects", "fs:ReadObject", "fs:ReadRepository"]
        effect: allow
        resource: ["arn:lakefs:fs:::repository/lake", "arn:lakefs:fs:::repository/lake/object/*"]
        condition: {IpAddress: {"aws:SourceIp": [127.0.0.0/8]}}
      - action: "fs:*"
        effect: allow
        resource: "arn:lakefs:fs:::repository/lake/object/home/${user}/*"
        condition: {Bool: {SecureTransport: "false"}, "Null": {UserAgent: "true"}}
      - action: "fs:ListObjects"
        effect: deny
        resource: "*"
        condition: {StringLike: {"s3:prefix": "secret/*"}}
groups:
  - id: team-a
"#,
        )
        .replace(
            "users:\n",
            &format!(
                "users:\n  - id: near\n    policies: [Near]\n    credentials:\n      \
                 - {{access_key_id: {id}, secret_access_key: {secret}}}\n"
            ),
        )
}

fn site() -> Site {
    Site::new(&Recorder::start().upstream)
}

fn explain(site: &Site, user: &str, args: &[&str]) -> Ended {
    site.run(&[&["policy", "explain", "--user", user], args].concat())
}

fn who_can(site: &Site, args: &[&str]) -> Ended {
    site.run(&[&["policy", "who-can"], args].concat())
}

fn test(site: &Site) -> Ended {
    site.run(&["policy", "test", "cases.yaml"])
}
