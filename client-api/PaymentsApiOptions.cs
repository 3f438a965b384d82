namespace Payments.ClientApi;

/// <summary>What a host may set about the front end; the defaults are meant for production.</summary>
public sealed class PaymentsApiOptions
{
    /// <summary>How long a key that was found is believed: a revoked one works at most this long.</summary>
    public TimeSpan KeyCacheTime { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How many keys are remembered at once.</summary>
    public int KeyCacheCapacity { get; set; } = 10_000;

    /// <summary>How long a POST waits for the processor's word when the client says nothing.</summary>
    public TimeSpan DefaultWait { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The longest that a client may ask to wait. A grain call must be allowed to last longer than this.</summary>
    public TimeSpan MaxWait { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>From this amount on, in minor units, two different operators must decide alike about an operation of unknown outcome.</summary>
    public long TwoOperatorsFrom { get; set; } = 100_000;

    /// <summary>How long the readiness check may take.</summary>
    public TimeSpan ReadinessTimeout { get; set; } = TimeSpan.FromSeconds(2);
}
