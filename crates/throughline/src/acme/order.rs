//! One order (RFC 8555 §7.4): authorizations, challenges, key and request, chain.

use super::Installer;
use super::challenge::{self, Shown};
use super::leaf::Pair;
use super::trouble::{self, Trouble};
use decide::certificate::challenge::Challenge;
use decide::time::Duration;
use instant_acme::{Account, AuthorizationStatus, CertificateIdentifier, Error, Identifier, NewOrder, Order, OrderStatus, RetryPolicy};
use rcgen::{CertificateParams, DistinguishedName, KeyPair};
use std::sync::Arc;

/// How often a request is made anew, each time with three tries of instant-acme's, because its nonce was refused.
const NONCES: u32 = 6;
/// How the state of an order is polled; an authority that says `Retry-After` is obeyed instead.
const POLLS: RetryPolicy = RetryPolicy::new().initial_delay(Duration::from_millis(250)).backoff(1.5).timeout(Duration::from_secs(180));

/// What is ordered.
pub(super) struct Request<'a> {
    /// The names; at least one.
    pub(super) names: &'a [String],
    /// The challenges to answer, the preferred one first.
    pub(super) challenges: &'a [Challenge],
    /// The kind of certificate.
    pub(super) profile: Option<&'a str>,
    /// The certificate that the new one is to replace, where the authority wants to know.
    pub(super) replaces: Option<CertificateIdentifier<'static>>,
}

/// Orders a certificate, and waits for it.
pub(super) async fn obtain(account: &Account, request: &Request<'_>, installer: &Arc<dyn Installer>) -> Result<Pair, Trouble> {
    let mut order = create(account, request).await?;
    // Shown until the order is over, however it ends.
    let shown = answer(&mut order, request, installer).await?;
    let ready = fresh(async || order.poll_ready(&POLLS).await).await;
    if !matches!(ready, Ok(OrderStatus::Ready)) {
        let general = match &ready {
            Err(error) => Trouble::of("have the names validated", error),
            Ok(_) => Trouble::of_names("the authority calls the order invalid, and does not say why".to_string()),
        };
        return Err(refused(&mut order).await.unwrap_or(general));
    }
    drop(shown);
    let (key_pem, csr) = signing_request(request.names).map_err(|error| Trouble::ours(format!("cannot make a key: {error}")))?;
    fresh(async || order.finalize_csr(&csr).await).await.map_err(|error| Trouble::of("finish the order", &error))?;
    let chain_pem = fresh(async || order.poll_certificate(&POLLS).await).await;
    let chain_pem = chain_pem.map_err(|error| Trouble::of("have the certificate issued", &error))?;
    let pair = Pair::read(&chain_pem, &key_pem).map_err(|why| Trouble::of_names(format!("the new certificate is of no use: {why}")))?;
    match request.names.iter().find(|name| !pair.held.names.contains(name)) {
        Some(lacking) => Err(Trouble::of_names(format!("the new certificate is of no use: it lacks {lacking}"))),
        None => Ok(pair),
    }
}

async fn create(account: &Account, request: &Request<'_>) -> Result<Order, Trouble> {
    let names: Vec<Identifier> = request.names.iter().map(|name| Identifier::Dns(name.clone())).collect();
    let created = fresh(async || account.new_order(&order_for(&names, request, request.replaces.clone())).await).await;
    let created = match created {
        // RFC 9773 §5: what is to be replaced may be unknown there, or replaced already. That is no reason to go without.
        Err(error) if request.replaces.is_some() && !is_rate_limit(&error) => {
            fresh(async || account.new_order(&order_for(&names, request, None)).await).await
        }
        created => created,
    };
    created.map_err(|error| Trouble::of("create an order", &error))
}

fn is_rate_limit(error: &Error) -> bool {
    matches!(error, Error::Api(problem) if trouble::kind(problem) == "rateLimited")
}

fn order_for<'a>(names: &'a [Identifier], request: &Request<'a>, replaces: Option<CertificateIdentifier<'a>>) -> NewOrder<'a> {
    let mut order = NewOrder::new(names);
    if let Some(profile) = request.profile {
        order = order.profile(profile);
    }
    if let Some(replaces) = replaces {
        order = order.replaces(replaces);
    }
    order
}

/// Answers a challenge of every authorization that is not valid already.
async fn answer(order: &mut Order, request: &Request<'_>, installer: &Arc<dyn Installer>) -> Result<Vec<Shown>, Trouble> {
    fetch(order).await?;
    let mut shown = Vec::new();
    let mut authorizations = order.authorizations();
    while let Some(authorization) = authorizations.next().await {
        let mut authorization = authorization.map_err(|error| Trouble::of("read an authorization", &error))?;
        let name = authorization.identifier().to_string();
        match authorization.status {
            AuthorizationStatus::Valid => continue,
            AuthorizationStatus::Pending => {}
            status => return Err(Trouble::of_names(format!("the authority has {name} as {status:?}"))),
        }
        let offered = |wanted: &&Challenge| authorization.challenges.iter().any(|one| one.r#type == challenge::kind(**wanted));
        let Some(chosen) = request.challenges.iter().find(offered).copied() else {
            let wanted: Vec<&str> = request.challenges.iter().map(|one| challenge::name(*one)).collect();
            return Err(Trouble::of_names(format!("the authority does not offer {} for {name}", wanted.join(" or "))));
        };
        let mut challenge = authorization.challenge(challenge::kind(chosen)).expect("it was just found there");
        let token = challenge.token.clone();
        let visible = Shown::show(installer, chosen, &name, &token, &challenge.key_authorization());
        shown.push(visible.map_err(Trouble::ours)?);
        let ready = fresh(async || challenge.set_ready().await).await;
        ready.map_err(|error| Trouble::of(&format!("have {name} validated by {}", challenge::name(chosen)), &error))?;
    }
    Ok(shown)
}

/// Reads every authorization of the order: afterwards they are known, and going through them asks nothing more.
async fn fetch(order: &mut Order) -> Result<(), Trouble> {
    let fetched = fresh(async || {
        let mut authorizations = order.authorizations();
        while let Some(authorization) = authorizations.next().await {
            authorization?;
        }
        Ok(())
    });
    fetched.await.map_err(|error| Trouble::of("read an authorization", &error))
}

/// What the authority says about each name that it did not validate; `None` if it says nothing.
async fn refused(order: &mut Order) -> Option<Trouble> {
    let mut says = Vec::new();
    let mut authorizations = order.authorizations();
    while let Some(authorization) = authorizations.next().await {
        let mut authorization = authorization.ok()?;
        let name = authorization.identifier().to_string();
        fresh(async || authorization.refresh().await.map(|_| ())).await.ok()?;
        for challenge in &authorization.challenges {
            if let Some(error) = &challenge.error {
                says.push(format!("{name}: {}", trouble::said(error)));
            }
        }
    }
    (!says.is_empty()).then(|| Trouble::of_names(format!("the authority did not validate {}", says.join("; "))))
}

/// A new key, and the request to sign it for these names (RFC 8555 §7.4: all of them as alternative names).
fn signing_request(names: &[String]) -> Result<(String, Vec<u8>), rcgen::Error> {
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name = DistinguishedName::new();
    let key = KeyPair::generate()?;
    let request = params.serialize_request(&key)?;
    Ok((key.serialize_pem(), request.der().to_vec()))
}

/// Does something once more where its nonce was refused (RFC 8555 §6.5): what was refused so has had no effect.
pub(super) async fn fresh<T>(mut work: impl AsyncFnMut() -> Result<T, Error>) -> Result<T, Error> {
    for _ in 1..NONCES {
        match work().await {
            Err(Error::Api(problem)) if trouble::kind(&problem) == "badNonce" => {}
            done => return done,
        }
    }
    work().await
}
