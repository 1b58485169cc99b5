//! `lakegate policy diff`: what a change of policies gives and takes, of files and of the store.

use crate::harness::{
    recorder::Recorder,
    sign::Draft,
    site::{Ended, Site, alice},
};

#[test]
fn a_witness_is_a_request_that_the_gateway_answers_otherwise_after_the_change() {
    let (site, _recorder) = site();
    site.write("old.yaml", &site.read("identities.yaml"));
    site.write("new.yaml", &site.read("old.yaml").replace("team-a/*", "team-b/*"));
    assert_eq!(
        told(&site.run(&["policy", "diff", "old.yaml", "new.yaml"]), 1),
        [
            "user alice",
            "  gained fs:ReadObject, fs:WriteObject, fs:DeleteObject on \
             arn:lakefs:fs:::repository/lake/object/team-b/*",
            "    such as fs:ReadObject on arn:lakefs:fs:::repository/lake/object/team-b/x \
             (s3:GetObject s3://lake/team-b/x)",
            "  gained fs:ListObjects under arn:lakefs:fs:::repository/lake/object/team-b/*",
            "    such as fs:ListObjects under arn:lakefs:fs:::repository/lake/object/team-b/ \
             (s3:ListObjectsV2 s3://lake/team-b/)",
            "  lost fs:ReadObject, fs:WriteObject, fs:DeleteObject on \
             arn:lakefs:fs:::repository/lake/object/team-a/*, except \
             arn:lakefs:fs:::repository/lake/object/team-a/closed/*",
            "    such as fs:ReadObject on arn:lakefs:fs:::repository/lake/object/team-a/x \
             (s3:GetObject s3://lake/team-a/x)",
            "  lost fs:ListObjects under arn:lakefs:fs:::repository/lake/object/team-a/*, except \
             arn:lakefs:fs:::repository/lake/object/team-a/closed/*",
            "    such as fs:ListObjects under arn:lakefs:fs:::repository/lake/object/team-a/ \
             (s3:ListObjectsV2 s3://lake/team-a/)",
        ]
    );
    let refused = |file: &str| {
        site.write("identities.yaml", &site.read(file));
        site.apply();
        let gateway = site.serve();
        [
            "/lake/team-a/x",
            "/lake?list-type=2&prefix=team-a%2F",
            "/lake/team-b/x",
            "/lake?list-type=2&prefix=team-b%2F",
        ]
        .map(|target| Draft::new(&alice(), "GET", target).send(gateway.s3, b"").status() == 403)
    };
    assert_eq!(refused("old.yaml"), [false, false, true, true]);
    assert_eq!(refused("new.yaml"), [true, true, false, false]);
}

#[test]
fn what_is_written_otherwise_and_says_the_same_is_no_difference() {
    let (site, _recorder) = site();
    let twice = site.read("identities.yaml").replace("[\"fs:ListObjects\"", "[\"fs:ListObject?\"");
    site.write("new.yaml", &twice);
    let ended = site.run(&["policy", "diff", "identities.yaml", "new.yaml"]);
    assert_eq!(told(&ended, 0), ["no difference"]);
}

#[test]
fn who_comes_and_goes_is_told_as_such() {
    let (site, _recorder) = site();
    site.write(
        "old.yaml",
        "users: [{id: a, groups: [Viewers]}, {id: b}, {id: c, groups: [Viewers]}]",
    );
    site.write("new.yaml", "users: [{id: b}, {id: c, enabled: false, groups: [Viewers]}, {id: d}]");
    let lines = told(&site.run(&["policy", "diff", "old.yaml", "new.yaml"]), 1);
    let users: Vec<_> = lines.iter().filter(|line| line.starts_with("user ")).collect();
    assert_eq!(users, ["user a: disappears", "user c: is disabled", "user d: appears"]);
    let lost = lines.iter().filter(|line| line.starts_with("  lost "));
    assert_eq!(lost.count(), 8, "{lines:#?}");
    assert!(!lines.iter().any(|line| line.starts_with("  gained ")), "{lines:#?}");
    assert_eq!(
        told(&site.run(&["policy", "diff", "old.yaml", "new.yaml", "--user", "d"]), 1),
        ["user d: appears"]
    );
    assert_eq!(
        told(&site.run(&["policy", "diff", "old.yaml", "new.yaml", "--user", "b"]), 0),
        ["no difference"]
    );
}

#[test]
fn a_bucket_that_leaves_the_list_of_buckets_and_a_listing_alone_are_told() {
    let (site, _recorder) = site();
    let document = |denied: &str| {
        format!(
            r#"{{"id":"P","statement":[
                {{"effect":"allow","action":"fs:*","resource":"arn:lakefs:fs:::repository/lake/*"}}{denied}]}}"#
        )
    };
    let deny = |action: &str, path: &str| {
        format!(
            r#",{{"effect":"deny","action":"{action}","resource":"arn:lakefs:fs:::repository/lake{path}"}}"#
        )
    };
    let compared = |old: &str, new: &str| {
        site.write("old.json", &document(old));
        site.write("new.json", &document(new));
        told(&site.run(&["policy", "diff", "old.json", "new.json"]), 1)
    };
    assert_eq!(
        compared("", &deny("fs:ListRepositories", "")),
        [
            "policy P",
            "  lost sight in ListBuckets of arn:lakefs:fs:::repository/lake",
            "    such as arn:lakefs:fs:::repository/lake (s3:ListBuckets s3://lake)",
        ]
    );
    let secret = |end: &str| deny("fs:ListObjects", &format!("/object/secret/{end}"));
    assert_eq!(
        compared(&secret("*"), &format!("{}{}", secret(""), secret("?*"))),
        [
            "policy P",
            "  gained fs:ListObjects under arn:lakefs:fs:::repository/lake/object/secret/*, except \
             arn:lakefs:fs:::repository/lake/object/secret/*?",
            "    such as fs:ListObjects under arn:lakefs:fs:::repository/lake/object/secret/ \
             (s3:ListObjectsV2 s3://lake/secret/)",
        ]
    );
}

#[test]
fn users_with_the_same_difference_are_told_of_together() {
    let (site, _recorder) = site();
    site.write("old.yaml", "users: [{id: a}, {id: b}]");
    site.write("new.yaml", "users: [{id: a, groups: [Admins]}, {id: b, groups: [Admins]}]");
    let lines = told(&site.run(&["policy", "diff", "old.yaml", "new.yaml"]), 1);
    assert_eq!(lines[0], "user a, b");
    assert!(lines[1].starts_with("  gained fs:*, auth:*, "), "{lines:#?}");
}

#[test]
fn policies_alone_are_compared_whoever_their_user_is() {
    let (site, _recorder) = site();
    let document = |path: &str| {
        format!(
            r#"{{"statement":[{{"effect":"allow","action":["fs:ReadObject"],
                "resource":"arn:lakefs:fs:::repository/lake/object/{path}"}}]}}"#
        )
    };
    site.write("before.json", &document("home/${user}/*"));
    site.write("after.json", &document("home/*"));
    assert_eq!(
        told(&site.run(&["policy", "diff", "before.json", "after.json"]), 1),
        [
            "policy after",
            "  gained fs:ReadObject on arn:lakefs:fs:::repository/lake/object/home/*, except \
             arn:lakefs:fs:::repository/lake/object/home/${user}/*",
            "    such as fs:ReadObject on arn:lakefs:fs:::repository/lake/object/home/x \
             (s3:GetObject s3://lake/home/x)",
        ]
    );
}

#[test]
fn a_condition_is_named_and_said_to_be_a_free_fact() {
    let (site, _recorder) = site();
    let document = |condition: &str| {
        format!(
            r#"{{"id":"P","statement":[{{"effect":"allow","action":"fs:ReadConfig","resource":"*"{condition}}}]}}"#
        )
    };
    site.write("old.json", &document(""));
    site.write("new.json", &document(r#","condition":{"Bool":{"aws:SecureTransport":"true"}}"#));
    assert_eq!(
        told(&site.run(&["policy", "diff", "old.json", "new.json"]), 1),
        [
            "policy P",
            "  lost fs:ReadConfig on *",
            "    if not Bool SecureTransport true",
            "    such as fs:ReadConfig on *",
            "conditions are taken for free facts: each may hold or not, whatever the others say of \
             the same request",
        ]
    );
}

#[test]
fn a_file_is_compared_with_the_store_as_it_would_be_after_applying_it() {
    let (site, _recorder) = site();
    site.apply();
    site.write("new.yaml", "groups: [{id: team-a, policies: []}]");
    let compare = ["policy", "diff", "--config", "lakegate.yaml", "new.yaml"];
    let lines = told(&site.run(&compare), 1);
    assert_eq!(
        lines.iter().filter(|line| !line.starts_with(' ')).collect::<Vec<_>>(),
        ["user alice"]
    );
    assert!(lines[1].starts_with("  lost fs:ReadObject, "), "{lines:#?}");
    site.write("new.yaml", "users: [{id: alice, email: alice@example.com}]");
    assert_eq!(told(&site.run(&compare), 0), ["no difference"]);
}

#[test]
fn what_cannot_be_compared_is_refused_with_the_reason() {
    let (site, _recorder) = site();
    site.write(
        "wrong.yaml",
        &site.read("identities.yaml").replace("fs:ReadObject", "fs:ReadObjekt"),
    );
    let refused = |args: &[&str], reason: &str| {
        let ended = site.run(&[&["policy", "diff"], args].concat());
        assert_eq!((ended.code, &*ended.stdout), (Some(2), ""), "{ended:#?}");
        assert!(ended.stderr.contains(reason), "{reason} is not in {}", ended.stderr);
    };
    refused(&["identities.yaml", "wrong.yaml"], "wrong.yaml: line 4, column ");
    refused(&["wrong.yaml", "identities.yaml"], "unknown action `fs:ReadObjekt`");
    refused(&["identities.yaml", "none.yaml"], "none.yaml: cannot be read");
    refused(&["identities.yaml"], "NEW");
    refused(&["identities.yaml", "identities.yaml", "--config", "lakegate.yaml"], "--config");
    refused(&["--config", "lakegate.yaml", "identities.yaml"], "there is no store yet");
    refused(
        &["identities.yaml", "identities.yaml", "--user", "nemo"],
        "--user: there is no user `nemo` on either side",
    );
    let crossing: Vec<_> = ["a", "b"].map(|letter| format!("*{letter}{}", "?".repeat(24))).into();
    let document = |paths: &[String], effect: &str| {
        let resources: Vec<_> =
            paths.iter().map(|path| format!("\"arn:lakefs:fs:::{path}\"")).collect();
        format!(
            r#"{{"id":"P","statement":[{{"effect":"allow","action":"fs:ReadObject","resource":["arn:lakefs:fs:::*c"]}},
                {{"effect":"{effect}","action":"fs:ReadObject","resource":[{}]}}]}}"#,
            resources.join(",")
        )
    };
    site.write("old.json", &document(&crossing, "allow"));
    site.write("new.json", &document(&["*d".to_owned()], "deny"));
    refused(&["old.json", "new.json"], "policy P: the patterns are too entangled");
}

#[test]
fn groups_and_policies_that_no_user_has_are_compared_too() {
    let (site, _recorder) = site();
    let group = |policy: &str| format!("groups: [{{id: team, policies: [{policy}]}}]\n");
    let read = "{action: ['fs:ReadObject'], effect: allow, resource: 'arn:lakefs:fs:::repository/lake/object/a'}";
    let policy =
        |id: &str, statement: &str| format!("policies: [{{id: {id}, statement: [{statement}]}}]\n");
    let user = "users: [{id: bob, policies: [FSReadAll]}]\n";
    for (old, new, first) in [
        (group("FSReadAll"), group("FSFullAccess"), "group team"),
        ("{}\n".to_owned(), "groups: [{id: Admins, policies: []}]\n".to_owned(), "group Admins"),
        (user.to_owned(), format!("{user}{}", policy("Spare", read)), "policy Spare: appears"),
        (
            format!("{user}{}{}", policy("Mine", read), group("Mine")),
            format!("{user}{}{}", policy("Mine", &read.replace("ReadObject", "*")), group("Mine")),
            "group team",
        ),
    ] {
        site.write("old.yaml", &old);
        site.write("new.yaml", &new);
        let lines = told(&site.run(&["policy", "diff", "old.yaml", "new.yaml"]), 1);
        assert_eq!(lines[0], first, "{old}{new}");
        let headings = lines.iter().filter(|line| !line.starts_with(' '));
        assert_eq!(headings.count(), 1, "{lines:#?}");
    }
}

#[test]
fn users_who_hold_the_same_are_told_of_together_and_each_by_their_own_name() {
    let (site, _recorder) = site();
    let file = |resource: &str| {
        let user = |number: usize| format!("- {{id: u{number}, policies: [P]}}");
        let users = (0..2_000).map(user).collect::<Vec<_>>().join("\n");
        let resource = format!("arn:lakefs:fs:::repository/lake/object/{resource}");
        format!(
            "policies: [{{id: P, statement: [{{action: ['fs:ReadObject'], effect: allow, resource: '{resource}'}}]}}]\nusers:\n{users}"
        )
    };
    site.write("old.yaml", &file("a"));
    site.write("new.yaml", &file("b"));
    let lines = told(&site.run(&["policy", "diff", "old.yaml", "new.yaml"]), 1);
    assert!(
        lines[0].starts_with("user u0, u1, u10, ") && lines[0].ends_with(", u999"),
        "{}",
        &lines[0][..40]
    );
    assert_eq!(lines.iter().filter(|line| !line.starts_with(' ')).count(), 1);

    site.write("new.yaml", &file("${user}"));
    let lines = told(&site.run(&["policy", "diff", "old.yaml", "new.yaml", "--user", "u7"]), 1);
    assert_eq!(lines[0], "user u7");
    assert!(lines[1].contains("object/u7"), "{lines:#?}");
}

/// The lines of a command that ended with `code`.
fn told(ended: &Ended, code: i32) -> Vec<String> {
    assert_eq!((ended.code, &*ended.stderr), (Some(code), ""), "{ended:#?}");
    ended.stdout.lines().map(str::to_owned).collect()
}

fn site() -> (Site, Recorder) {
    let recorder = Recorder::start();
    (Site::new(&recorder.upstream), recorder)
}
