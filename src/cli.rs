//! The command line.

use std::path::{Path, PathBuf};

use clap::{
    Args, Parser, Subcommand, ValueEnum,
    builder::{PossibleValuesParser, TypedValueParser as _},
};
use http::Method;
use sigv::Expiry;

use crate::commands::presign::{self, Object};

/// Identity and access control in front of any S3 store.
#[derive(Debug, Parser)]
#[command(name = "lakegate", version, about, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Starts a throwaway store, the gateway before it, and prints keys and commands to try it with
    #[cfg(feature = "quickstart")]
    Quickstart(Quickstart),
    /// Runs the gateway
    Serve(Configured),
    /// Says what is wrong with a configuration, or what it would do
    CheckConfig(Configured),
    /// Makes users, groups, policies and credentials as a file says
    Apply(Apply),
    /// Writes all identities of the store as a file that `apply` reads
    Export(Export),
    /// Prints a URL by which anybody can send one request, for a while
    Presign(Presign),
    /// Examines policies, of files or of the store, without a gateway
    #[command(subcommand)]
    Policy(Policy),
}

/// What to do with policies.
#[derive(Debug, Subcommand)]
pub(crate) enum Policy {
    /// Says what is wrong with policies, and warns of what they say in vain or wider than people mean
    Lint(PolicySource),
    /// Says whether somebody may do something, and why
    Explain(Explain),
    /// Holds policies to a table of expectations
    Test(PolicyTest),
    /// Says who may do something, and by what
    WhoCan(WhoCan),
    /// Says what a change of policies newly allows or denies, and to whom; ends with 1 if anything
    Diff(PolicyDiff),
}

impl Policy {
    /// The configuration file that it names.
    pub(crate) fn config(&self) -> Option<&Path> {
        match self {
            Self::Lint(source) => source.config.as_deref(),
            Self::Explain(explain) => explain.asking.config.as_deref(),
            Self::Test(_) => None,
            Self::WhoCan(who_can) => who_can.asking.config.as_deref(),
            Self::Diff(sides) => sides.config.as_deref(),
        }
    }
}

/// What is asked, of whom.
#[derive(Debug, Args)]
#[command(
    override_usage = "lakegate policy explain [OPTIONS] --user <USER> <FILE>... <ACTION> <RESOURCE>
       lakegate policy explain [OPTIONS] --user <USER> --config <FILE> <ACTION> <RESOURCE>"
)]
pub(crate) struct Explain {
    #[command(flatten)]
    pub(crate) asking: Asking,
    /// Who asks
    #[arg(long)]
    pub(crate) user: String,
    /// Decides by this policy, and others that are named so, instead of what the user holds; there need be no such user
    #[arg(long = "policy", value_name = "NAME")]
    pub(crate) policies: Vec<String>,
}

/// What is asked.
#[derive(Debug, Args)]
pub(crate) struct Asking {
    /// Files as `lint` takes them; before or behind them an action, such as fs:ReadObject, on `*` or an ARN, or an
    /// operation of S3, such as s3:GetObject, on `s3://BUCKET/KEY`
    #[arg(value_name = "FILE ACTION RESOURCE", num_args = 1.., required = true)]
    pub(crate) words: Vec<String>,
    /// The configuration file, which names the store; it is opened while no gateway runs
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// What conditions ask for, such as SourceIp=10.0.0.1; a key that is not given is absent
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) context: Vec<String>,
}

/// Which expectations.
#[derive(Debug, Args)]
pub(crate) struct PolicyTest {
    /// The file: policies, groups and users as `apply` takes them, and `cases`
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
}

/// What is asked, of everybody.
#[derive(Debug, Args)]
#[command(override_usage = "lakegate policy who-can [OPTIONS] <ACTION> <RESOURCE> <FILE>...
       lakegate policy who-can [OPTIONS] <ACTION> <RESOURCE> --config <FILE>")]
pub(crate) struct WhoCan {
    #[command(flatten)]
    pub(crate) asking: Asking,
}

/// Which policies.
#[derive(Debug, Args)]
pub(crate) struct PolicySource {
    /// Files of identities, as `apply` takes them, or lakeFS's policy documents; YAML or JSON
    #[arg(value_name = "FILE", required_unless_present = "config", conflicts_with = "config")]
    pub(crate) files: Vec<PathBuf>,
    /// The configuration file, which names the store; it is opened while no gateway runs
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// Which policies are compared.
#[derive(Debug, Args)]
#[command(
    override_usage = "lakegate policy diff [--user NAME] OLD NEW\n       lakegate policy diff [--user NAME] --config FILE NEW"
)]
pub(crate) struct PolicyDiff {
    /// What was: a file of identities, as `apply` takes it, or a lakeFS policy document
    #[arg(value_name = "OLD")]
    pub(crate) first: PathBuf,
    /// What is to be, of the same forms; with `--config`, what is to be applied to the store
    #[arg(value_name = "NEW", required_unless_present = "config", conflicts_with = "config")]
    pub(crate) second: Option<PathBuf>,
    /// The configuration file, which names the store, in the place of OLD; the store is opened while no gateway runs
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Compares this user only
    #[arg(long, value_name = "NAME")]
    pub(crate) user: Option<String>,
}

/// Where a throwaway store lives.
#[cfg(feature = "quickstart")]
#[derive(Debug, Args)]
pub(crate) struct Quickstart {
    /// The folder for everything it keeps
    #[arg(long, value_name = "DIR", default_value = "lakegate-quickstart")]
    pub(crate) data: PathBuf,
    /// The port for S3; 0 takes a free one
    #[arg(long, value_name = "N", default_value_t = 8080)]
    pub(crate) port: u16,
}

/// Which configuration.
#[derive(Debug, Args)]
pub(crate) struct Configured {
    /// The configuration file
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
}

/// Which identities go where.
#[derive(Debug, Args)]
pub(crate) struct Apply {
    /// The file of identities
    #[arg(short, long, value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// The configuration file, which names the store
    #[arg(long, value_name = "FILE", required_unless_present = "endpoint")]
    pub(crate) config: Option<PathBuf>,
    /// The API to go through, instead of the store
    #[arg(long, value_name = "URL", hide = true)]
    pub(crate) endpoint: Option<String>,
    /// Prints what would change, and changes nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Deletes what the lists of the file do not have; a list that is absent deletes nothing, and
    /// presets stay
    #[arg(long)]
    pub(crate) prune: bool,
}

/// What is written of which store.
#[derive(Debug, Args)]
pub(crate) struct Export {
    /// The configuration file, which names the store
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// What becomes of credentials, which are nothing without their secrets
    #[arg(long, value_enum, default_value_t = Secrets::Omitted)]
    pub(crate) secrets: Secrets,
}

/// What becomes of secrets.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Secrets {
    /// Credentials are left out: a store that has them keeps them, and a new one has none
    Omitted,
    /// They are written with their secrets as these are stored: they open under the same auth.encrypt secret
    Sealed,
}

/// Which request, signed for whom.
#[derive(Debug, Args)]
pub(crate) struct Presign {
    /// The object; its key is taken as it is, not decoded
    #[arg(value_name = "s3://BUCKET/KEY")]
    pub(crate) object: Object,
    /// How long the URL lives, 7 days at most: seconds, or a number with `s`, `m`, `h` or `d`
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = presign::expiry, allow_hyphen_values = true)]
    pub(crate) expires: Expiry,
    /// What the URL is for
    #[arg(long, default_value = "GET", ignore_case = true, value_parser = methods())]
    pub(crate) method: Method,
    /// Where S3 is; without it as `--config` says, or what the AWS CLI would take
    #[arg(long, value_name = "URL")]
    pub(crate) endpoint: Option<String>,
    /// The region to sign for; without it as `--config` says, or what the AWS CLI would take, or us-east-1
    #[arg(long)]
    pub(crate) region: Option<String>,
    /// The profile of the AWS CLI that has the access key; it counts before the environment's
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// The gateway's configuration file, for its address and region
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// The methods of the requests that a bucket and a key are enough for.
fn methods() -> impl clap::builder::TypedValueParser<Value = Method> {
    PossibleValuesParser::new(["GET", "HEAD", "PUT", "DELETE"])
        .try_map(|name| name.to_ascii_uppercase().parse::<Method>())
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, error::ErrorKind};

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn commands_that_are_not_built_do_not_exist() {
        for command in ["setup", "auth", "backup", "restore", "audit"] {
            let error = Cli::try_parse_from(["lakegate", command]).unwrap_err();
            assert_eq!((error.kind(), error.exit_code()), (ErrorKind::InvalidSubcommand, 2));
        }
    }

    #[test]
    fn the_help_says_what_pruning_spares() {
        let mut cli = Cli::command();
        let apply = cli.find_subcommand_mut("apply").unwrap();
        let help = apply.render_long_help().to_string();
        let words = help.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            words.contains("a list that is absent deletes nothing, and presets stay"),
            "{help}"
        );
    }

    #[test]
    fn a_configuration_must_be_named() {
        for line in [&["lakegate", "serve"][..], &["lakegate", "apply", "-f", "a.yaml"]] {
            let error = Cli::try_parse_from(line).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::MissingRequiredArgument);
        }
    }
}
