using System.Collections.Immutable;
using Payments.Domain;

namespace Payments.Gateways.Connectors.Stripe;

/// <summary>How Stripe is reached.</summary>
public sealed record StripeOptions
{
    /// <summary>What it is called here: part of account names.</summary>
    public required string Name { get; init; }

    /// <summary>Stripe's root, <c>https://api.stripe.com/</c>, or that of a server that speaks its language.</summary>
    public required Uri BaseAddress { get; init; }

    /// <summary>The secret key, <c>sk_test_…</c>, <c>sk_live_…</c> or a restricted one.</summary>
    public required string SecretKey { get; init; }

    /// <summary>Which of its two interfaces: payment intents, or the older charges, which know no customer's action.</summary>
    public StripeApi Api { get; init; }

    /// <summary>How long one call may take, connecting included.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How many connections at most.</summary>
    public int MaxConnections { get; init; } = 256;

    /// <summary>How long to wait between attempts; null: as everywhere.</summary>
    public RetrySchedule? Retries { get; init; }
}

/// <summary>Stripe's two interfaces for card payments.</summary>
public enum StripeApi
{
    PaymentIntents,
    Charges,
}

/// <summary>What Stripe calls things that we call otherwise.</summary>
internal static class StripeNames
{
    /// <summary>The names of our references in an object's metadata: what it was made for, and, of a payment intent, what captured it.</summary>
    public const string Operation = "operation";
    public const string CaptureOperation = "capture_operation";
    public const string Kind = "operation_kind";

    /// <summary>Declines that another processor may see otherwise (https://docs.stripe.com/declines/codes).</summary>
    public static readonly ImmutableHashSet<string> Retryable =
        ["try_again_later", "processing_error", "issuer_not_available", "reenter_transaction", "approve_with_id", "service_not_allowed"];
}
