using Payments.Grains;

namespace Payments.Tests.Contract;

/// <summary>A way into the system, for one merchant. Requests wait for their outcome, as far as the test's processor gives one.</summary>
public interface IDoor : IAsyncDisposable
{
    /// <summary>The merchant who asks.</summary>
    string Merchant { get; }

    Task<Seen> ChargeAsync(string key, ChargeRequest request);

    Task<Seen> CaptureAsync(string key, string captureKey, long? amount = null, bool isFinal = true);

    Task<Seen> CancelAsync(string key, string cancelKey);

    Task<Seen> RefundAsync(string key, string refundKey, long? amount = null, string? reason = null);

    Task<Seen> GetAsync(string key);

    /// <summary>Opens an own account or changes its minimum; false when it cannot be opened.</summary>
    Task<bool> OpenAsync(string account, long? minimum = null);

    /// <summary>What became of it: <c>accepted</c>, <c>replayed</c>, or the code of the refusal.</summary>
    Task<Posted> PostAsync(string key, EntryRequest request);

    /// <param name="entryKey">The key that the entry was posted with.</param>
    Task<Posted> ReverseAsync(string entryKey, string reversalKey);

    /// <summary>An own account's balance as its owner reads it.</summary>
    Task<long> BalanceAsync(string account);
}

/// <summary>What a caller learns of a payment, whichever way it asks.</summary>
/// <param name="Answer"><c>accepted</c>, <c>replayed</c>, or the code of the refusal.</param>
/// <param name="Field">The field that is wrong, if that is why.</param>
public sealed record Seen(string Answer, PaymentSeen? Payment = null, OperationSeen? Operation = null, string? Field = null);

public sealed record PaymentSeen(string Status, string Outcome, long Captured, long Capturable, long Refunded, long Fee, string? Customer, string? Note);

public sealed record OperationSeen(string Status, string Outcome, long Amount);

public sealed record Posted(string Answer, string? Field = null);
