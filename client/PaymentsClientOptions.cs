namespace Payments.Client;

/// <summary>How to reach the API, and how patient to be.</summary>
public sealed class PaymentsClientOptions
{
    /// <summary>Where the API is, e.g. <c>https://payments.example.com</c>.</summary>
    public required Uri BaseAddress { get; init; }

    /// <summary>The secret key, <c>sk_test_…</c> or <c>sk_live_…</c>. It is sent and never shown.</summary>
    public required string SecretKey { get; init; }

    /// <summary>How often a request is sent again when that is safe; 0: never.</summary>
    public int MaxRetries { get; init; } = 4;

    /// <summary>The pause before the first retry; each further one is twice as long, give or take a half.</summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How long one try may take. Longer than the 30 seconds that a request may wait for its outcome.</summary>
    public TimeSpan TryTimeout { get; init; } = TimeSpan.FromSeconds(40);

    /// <summary>What sends; null: a handler of the client's own.</summary>
    public HttpMessageHandler? Handler { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;
}
