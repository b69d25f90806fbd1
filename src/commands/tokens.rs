//! Commands on tokens for the API.

use fonds_schemas::event::{TokenIssued, TokenRevoked};
use fonds_schemas::{AgentId, Event, Scope, Sha256, Stream, Timestamp, TokenId};

use super::agents::checked_name;
use super::{Acting, CommandError, IssuedToken, Refused, decide};
use crate::archive::Archive;
use crate::clock;
use crate::config::Secret;
use crate::ledger::{Condition, Receipt};

/// What every token begins with, so that a scanner for leaked secrets knows one.
pub const TOKEN_PREFIX: &str = "fnd_";

impl Archive {
    /// Issues a token in an agent's name.
    pub async fn issue_token(
        &self,
        acting: Acting,
        agent: AgentId,
        scope: Scope,
        label: &str,
        expires_at: Option<Timestamp>,
    ) -> Result<IssuedToken, CommandError> {
        let token = clock::token_id();
        let secret = format!("{TOKEN_PREFIX}{}", fonds_schemas::checksum::hex(&clock::random::<32>()));
        let secret_sha256 = Sha256::of(secret.as_bytes());
        let label = checked_name(label)?;
        let event = Event::TokenIssued(TokenIssued { agent, expires_at, label, scope, secret_sha256, token });
        self.record(acting, vec![event], vec![Condition::NoStream(Stream::Token(token))]).await?;
        Ok(IssuedToken { token, secret: Secret::new(secret) })
    }

    /// Ends the validity of a token.
    pub async fn revoke_token(&self, acting: Acting, token: TokenId, reason: String) -> Result<Receipt, CommandError> {
        decide::check_reason(&reason)?;
        let events = self.ledger.stream(Stream::Token(token), None).await?;
        let revoked = events.iter().any(|recorded| matches!(recorded.event, Some(Event::TokenRevoked(_))));
        let Some(last) = events.last().filter(|_| !revoked) else { return Err(Refused::NoSuchToken(token).into()) };
        let unchanged = Condition::StreamAt(Stream::Token(token), last.envelope.version);
        self.record(acting, vec![Event::TokenRevoked(TokenRevoked { reason, token })], vec![unchanged]).await
    }
}
