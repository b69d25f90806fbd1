//! `fonds token`: tokens for the API.

use std::time::Duration;

use clap::Subcommand;
use fonds_projections::tokens;
use fonds_schemas::event::{BatchCounts, BatchKind};
use fonds_schemas::{AgentId, AgentKind, Scope, Timestamp, TokenId};
use serde_json::json;

use super::output::{Done, Output};
use super::show::printable;
use super::{operator, with_archive};
use crate::archive::Archive;
use crate::commands::Acting;
use crate::config::Settings;

/// What is done.
#[derive(Debug, clap::Args)]
pub struct Options {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Issue a token; its secret is shown once and kept nowhere
    Issue {
        /// In whose name it acts: a person's name
        #[arg(long = "for", value_name = "NAME")]
        holder: String,
        /// What it allows: read (sees what is not public), write (accessions, describes, uploads), admin
        #[arg(long, default_value = "read")]
        scope: Scope,
        /// What it is for
        #[arg(long, default_value = "API")]
        label: String,
        /// For how many days it is valid
        #[arg(long, default_value_t = 365, value_parser = clap::value_parser!(u64).range(1..=3650))]
        days: u64,
    },
    /// List every token
    List,
    /// End the validity of a token
    Revoke {
        /// Which, by its id
        token: TokenId,
        /// Why
        #[arg(long)]
        reason: String,
    },
}

/// Does it.
pub async fn run(settings: Settings, options: &Options, output: &Output) -> anyhow::Result<Done> {
    with_archive(settings, "token", async |archive| match &options.act {
        Act::Issue { holder, scope, label, days } => issue(archive, holder, *scope, label, *days, output).await,
        Act::List => list(archive, output).await,
        Act::Revoke { token, reason } => {
            let acting = acting(archive, "token revoked").await?;
            archive.revoke_token(acting, *token, reason.clone()).await?;
            close(archive, acting).await?;
            output.summary(format!("{token} is no longer valid"), &json!({ "ok": true, "token": token }));
            Ok(Done::Well)
        }
    })
    .await
}

async fn issue(
    archive: &Archive,
    holder: &str,
    scope: Scope,
    label: &str,
    days: u64,
    output: &Output,
) -> anyhow::Result<Done> {
    let holder: AgentId = archive.register_agent(AgentKind::Person, holder, None).await?;
    let acting = acting(archive, "token issued").await?;
    let valid = i64::try_from(Duration::from_secs(days * 86_400).as_micros())?;
    let expires_at = Timestamp::from_micros(archive.clock.now().micros() + valid);
    let issued = archive.issue_token(acting, holder, scope, label, Some(expires_at)).await?;
    close(archive, acting).await?;
    let secret = issued.secret.reveal();
    let text = format!(
        "{secret}\n\nThis is shown once. Send it as: Authorization: Bearer {secret}\nId {}, scope {}, valid until {}",
        issued.token,
        scope.as_str(),
        expires_at.to_seconds_string()
    );
    let value =
        json!({ "ok": true, "token": issued.token, "secret": secret, "scope": scope, "expires_at": expires_at });
    output.summary(text, &value);
    Ok(Done::Well)
}

async fn list(archive: &Archive, output: &Output) -> anyhow::Result<Done> {
    archive.settle().await?;
    let now = archive.clock.now();
    let all = tokens::all(&archive.stores.pg).await?;
    for token in &all {
        let state = match token.expires_at {
            _ if token.revoked => "revoked".to_owned(),
            Some(end) if end <= now => "expired".to_owned(),
            Some(end) => format!("valid until {}", end.to_seconds_string()),
            None => "valid".to_owned(),
        };
        let text = format!("{}  {:<5}  {state}  {}", token.token, token.scope.as_str(), printable(&token.label));
        let value = json!({ "token": token.token, "agent": token.agent, "scope": token.scope, "label": token.label,
            "state": state });
        output.line(text, &value);
    }
    output.summary(format!("{} tokens", all.len()), &json!({ "ok": true, "tokens": all.len() }));
    Ok(Done::Well)
}

async fn acting(archive: &Archive, label: &str) -> anyhow::Result<Acting> {
    let agent = operator(archive, None).await?;
    let batch = archive.open_batch(agent, BatchKind::Edit, label, None, None).await?;
    Ok(Acting { agent, on_behalf_of: None, batch })
}

/// Ends the act, and waits until the server knows: a token that was issued works, one that was revoked does not.
async fn close(archive: &Archive, acting: Acting) -> anyhow::Result<()> {
    archive.close_batch(acting, BatchCounts::default()).await?;
    Ok(archive.settle().await?)
}
