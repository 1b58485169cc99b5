//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

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
        for command in
            ["setup", "auth", "presign", "policy", "backup", "restore", "audit", "export"]
        {
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
