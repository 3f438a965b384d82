using System.Runtime.InteropServices;
using System.Text.Json;
using Payments.Domain;

namespace Payments.Storage.Postgres.Auditing;

/// <summary>What the processor did for one operation.</summary>
internal struct Effect
{
    public long Amount;
    public string Currency;

    /// <summary>The name of an operation's kind, or <see cref="ProcessorEffects.Transfer"/>.</summary>
    public string Kind;

    /// <summary>It was read before the snapshot was taken, so its intent must be in the snapshot.</summary>
    public bool BeforeSnapshot;

    public bool IsOurs;
}

/// <summary>The processor's effects by operation or payout: the one thing that an audit keeps whole in memory, as small as it gets.</summary>
internal sealed class ProcessorEffects(Uri simulator) : IDisposable
{
    /// <summary>What a payout is for who carries it out.</summary>
    public const string Transfer = "transfer";

    // A processor that is busy always has some more: a short page is the end.
    private const int ShortPage = 100;

    private readonly HttpClient http = new() { BaseAddress = new(simulator.AbsoluteUri.TrimEnd('/') + "/"), Timeout = TimeSpan.FromMinutes(5) };
    private readonly Dictionary<Guid, Effect> byOperation = [];
    private long last;

    public long Count { get; private set; }

    public Dictionary<Guid, Effect> ByOperation => byOperation;

    /// <summary>Reads what came since the last reading.</summary>
    public async Task ReadAsync(bool beforeSnapshot, Findings.Check check, CancellationToken cancellationToken)
    {
        for (var lines = long.MaxValue; lines >= ShortPage;)
        {
            lines = 0;
            using var response = await http.GetAsync($"admin/effects?after={last}", HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            response.EnsureSuccessStatusCode();
            using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancellationToken));
            for (; await reader.ReadLineAsync(cancellationToken) is { Length: > 0 } line; lines++)
            {
                Take(JsonSerializer.Deserialize<Line>(line, JsonSerializerOptions.Web)!, beforeSnapshot, check);
            }
        }
    }

    public void Dispose() => http.Dispose();

    private void Take(Line line, bool beforeSnapshot, Findings.Check check)
    {
        last = long.Max(last, line.N);
        Count++;
        if (!Ids.TryParse(line.Kind == Transfer ? Ids.PayoutPrefix : Ids.OperationPrefix, line.Reference, out var operation)
            || !Currency.TryParse(line.Currency, out var currency)
            || KindOf(line.Kind) is not { } kind)
        {
            check.Breach($"The processor's effect {line.N} ({line.Kind} of {line.Amount} {line.Currency} for '{line.Reference}') is none that we could have asked for.");
            return;
        }

        ref var effect = ref CollectionsMarshal.GetValueRefOrAddDefault(byOperation, operation, out var isSecond);
        if (isSecond)
        {
            check.Breach($"The processor did operation {line.Reference} again with effect {line.N} ({line.Kind} of {line.Amount} {line.Currency}).");
            return;
        }

        effect = new()
        {
            Amount = line.Amount,
            Currency = currency.Code,
            Kind = kind,
            BeforeSnapshot = beforeSnapshot,
        };
    }

    private static string? KindOf(string kind) => kind switch
    {
        "charge" => OperationKind.Charge.Name(),
        "authorization" => OperationKind.Authorize.Name(),
        "capture" => OperationKind.Capture.Name(),
        "void" => OperationKind.Void.Name(),
        "refund" => OperationKind.Refund.Name(),
        Transfer => Transfer,
        _ => null,
    };

    /// <param name="N">Effects are counted from 1; <c>after</c> takes this number.</param>
    private sealed record Line(long N, string Kind, string Reference, long Amount, string Currency);
}
