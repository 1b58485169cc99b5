//! The README's five minutes: its files and its commands, as they stand there, with a store and a gateway on ports of
//! their own.

use std::{fs, path::Path};

use crate::harness::{
    clients::{Client, python, tool},
    gateway::Gateway,
    site::Site,
    versitygw::VersityGw,
};

#[test]
fn the_readmes_commands_do_what_it_says() {
    let readme = Readme::start();
    let (last, commands) = readme.commands.split_last().unwrap();
    let printed = readme.run(&commands.join("\n"));
    let note = readme.site.read("note.txt");
    assert!(printed.contains(" note.txt\n"), "no listing with it in {printed}");
    assert!(printed.contains(&note), "`{note}` is not what the URL gives: {printed}");
    assert_eq!(readme.store.bytes("lake", "team-a/note.txt"), note.as_bytes());
    assert_eq!(readme.store.bytes("lake", "team-b/note.txt"), note.as_bytes());

    let refused = readme.as_alice(&refused(last));
    let told = Readme::text();
    let told = told.split('`').find(|text| text.starts_with("User alice is not authorized"));
    assert!(refused.contains(told.unwrap()), "`{told:?}` is not what it says: {refused}");
    assert!(readme.store.has("lake", "team-a/note.txt"));
}

#[test]
fn the_readmes_policy_is_for_its_prefix_alone() {
    let readme = Readme::start();
    let (_, commands) = readme.commands.split_last().unwrap();
    readme.run(&commands.join("\n"));
    readme.site.write("kept.txt", "kept");
    readme.as_alice(
        "mkdir up && cp kept.txt up && aws s3 sync up s3://lake/team-a/tree\n\
         aws s3 sync s3://lake/team-a/tree down\n\
         aws s3 cp s3://lake/team-a/tree/kept.txt s3://lake/team-a/copied.txt",
    );
    assert_eq!(readme.site.read("down/kept.txt"), "kept");
    assert_eq!(readme.store.bytes("lake", "team-a/copied.txt"), b"kept");

    let others = readme.store.bytes("lake", "team-b/note.txt");
    for command in [
        "aws s3 ls s3://lake/team-b/",
        "aws s3 ls s3://lake/",
        "aws s3 cp s3://lake/team-b/note.txt taken",
        "aws s3 cp kept.txt s3://lake/team-b/note.txt",
        "aws s3 cp s3://lake/team-a/copied.txt s3://lake/team-b/note.txt",
        "aws s3 cp s3://lake/team-b/note.txt s3://lake/team-a/taken",
        "aws s3 rm s3://lake/team-b/note.txt",
        "aws s3 rm --recursive s3://lake/team-a/",
        "aws s3 rb s3://lake",
    ] {
        let told = readme.as_alice(&refused(command));
        assert!(
            ["AccessDenied", "403"].iter().any(|word| told.contains(word)),
            "{command}: {told}"
        );
    }
    assert_eq!(readme.store.bytes("lake", "team-b/note.txt"), others);
    assert!(!readme.store.has("lake", "team-a/taken") && !readme.site.path("taken").exists());
    assert!(readme.store.has("lake", "team-a/copied.txt"));
}

/// The deployment of the README, up to where its clients begin.
struct Readme {
    _gateway: Gateway,
    site: Site,
    store: VersityGw,
    /// The client's, one a line.
    commands: Vec<String>,
}

impl Readme {
    fn start() -> Self {
        let store = VersityGw::start();
        let site = Site::new(&store.upstream);
        let text = Self::text();
        let endpoint = format!("http://{}", store.upstream.address);
        let config = block(&text, "yaml", "upstream:");
        let config = replaced(config, "http://127.0.0.1:9000", &endpoint);
        let config = replaced(&config, "STORES_KEY_ID", &store.upstream.key.id);
        site.write("lakegate.yaml", &format!("{LISTEN}{config}"));
        site.write("identities.yaml", block(&text, "yaml", "policies:"));

        let commands = block(&text, "sh", "cargo build");
        let (build, commands) = commands.split_once('\n').unwrap();
        assert!(build.starts_with("cargo build --release && PATH="), "{build}");
        let commands = replaced(commands, "lakegate serve --config lakegate.yaml\n", "");
        let client = client().set("STORES_SECRET_KEY", &store.upstream.key.secret);
        run(&client, &site, &commands);

        let gateway = site.serve();
        let commands = block(&text, "sh", "export AWS_ENDPOINT_URL");
        let commands = replaced(commands, "http://127.0.0.1:8080", &gateway.url());
        let commands = replaced(&commands, "target/release/lakegate", "lakegate");
        let lines = commands.lines().filter(|line| !line.is_empty());
        let commands = lines.map(ToOwned::to_owned).collect();
        Self { _gateway: gateway, site, store, commands }
    }

    fn text() -> String {
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap()
    }

    /// Runs commands in the folder of the deployment, which have to succeed; gives what they printed.
    fn run(&self, commands: &str) -> String {
        run(&client(), &self.site, commands)
    }

    /// The same, once alice's key is set as it is there.
    fn as_alice(&self, commands: &str) -> String {
        let set = self.commands.iter().filter(|line| {
            line.starts_with("export AWS_ENDPOINT_URL") || line.contains("=AKIAALICE")
        });
        let set: Vec<_> = set.map(String::as_str).collect();
        self.run(&[set.join("\n").as_str(), commands].join("\n"))
    }
}

/// The code block of `language` that begins with `start`.
fn block<'a>(text: &'a str, language: &str, start: &str) -> &'a str {
    let mut blocks = text.split("```").skip(1).step_by(2);
    let wanted = |block: &&str| {
        block.strip_prefix(language).is_some_and(|text| text.trim_start().starts_with(start))
    };
    let block = blocks.find(wanted).unwrap_or_else(|| panic!("no {language} that says `{start}`"));
    block[language.len()..].trim_start()
}

fn replaced(text: &str, old: &str, new: &str) -> String {
    assert!(text.contains(old), "no `{old}` in {text}");
    text.replace(old, new)
}

/// The same command, which has to fail; what it says of that is printed.
fn refused(command: &str) -> String {
    format!("if ({command}) 2>&1; then exit 1; fi")
}

fn client() -> Client {
    let folders = [Path::new(env!("CARGO_BIN_EXE_lakegate")).parent().unwrap(), &tool("bin")];
    let folders = folders.map(|folder| folder.to_str().unwrap().to_owned()).join(":");
    Client::new()
        .set("PATH", format!("{folders}:/usr/bin:/bin"))
        .set("PYTHON", python())
        .set("AWS", python().with_file_name("aws"))
}

fn run(client: &Client, site: &Site, commands: &str) -> String {
    let folder = site.path("");
    let script = format!("cd '{}'\n{AWS}\n{commands}", folder.display());
    client.run(Path::new("sh"), &["-e", "-c", &script])
}

const LISTEN: &str = "listen: {s3: 127.0.0.1:0, ops: 127.0.0.1:0}\n";

/// The one that the tests installed.
const AWS: &str = r#"aws() { "$PYTHON" "$AWS" "$@"; }"#;
