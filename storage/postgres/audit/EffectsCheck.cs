using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Npgsql;

namespace Payments.Storage.Postgres.Auditing;

/// <summary>
/// I1, against a live processor: its effects are read before the snapshot and again after it. Whatever it had done before, the snapshot
/// must have an intent for; whatever the snapshot calls done, it must have done by then.
/// </summary>
internal static class EffectsCheck
{
    public static Findings.Check Begin(Findings findings) =>
        findings.Begin("I1", "effects at the processor", "every operation had at most one effect, and exactly one when it succeeded");

    public static async Task<ImmutableArray<EffectsLine>> RunAsync(
        NpgsqlConnection connection, string gateway, ProcessorEffects effects, Findings.Check check, CancellationToken cancellationToken)
    {
        await effects.ReadAsync(beforeSnapshot: false, check, cancellationToken);
        var ours = new Sums();
        await using (var command = new NpgsqlCommand("""
            SELECT o.id, o.kind, o.status, o.amount, p.currency
            FROM payments.operations o JOIN payments.payments p ON p.merchant_id = o.merchant_id AND p.id = o.payment_id
            WHERE o.attempt_kind <> 'notice' AND p.gateway = $1
            UNION ALL
            SELECT id, 'transfer', CASE WHEN status IN ('paid', 'returned') THEN 'succeeded' WHEN status = 'failed' THEN 'failed' ELSE 'pending' END, amount, currency
            FROM payments.payouts WHERE bank = $1
            """, connection) { CommandTimeout = 0, Parameters = { new() { Value = gateway } } })
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                var (id, kind, status) = (reader.GetGuid(0), reader.GetString(1), reader.GetString(2));
                var (amount, currency) = (reader.GetInt64(3), reader.GetString(4));
                if (status == "succeeded")
                {
                    ours.Add(kind, currency, amount);
                }

                ref var effect = ref CollectionsMarshal.GetValueRefOrNullRef(effects.ByOperation, id);
                if (Judge(ref effect, kind, status, amount, currency) is { } problem)
                {
                    check.Breach($"{Named(kind, id)}, a {kind} of {amount} {currency}, is {status}, {problem}.");
                }
            }
        }

        var theirs = new Sums();
        foreach (var (operation, effect) in effects.ByOperation)
        {
            theirs.Add(effect.Kind, effect.Currency, effect.Amount);
            if (effect is { BeforeSnapshot: true, IsOurs: false })
            {
                check.Breach($"The processor made a {effect.Kind} of {effect.Amount} {effect.Currency} for {Named(effect.Kind, operation)}, which we never meant to ask for.");
            }
        }

        check.Done(effects.Count);
        return Sums.Beside(theirs, ours);
    }

    private static string Named(string kind, Guid id) => kind == ProcessorEffects.Transfer ? $"payout {{po:{id}}}" : $"operation {{op:{id}}}";

    private static string? Judge(ref Effect effect, string kind, string status, long amount, string currency)
    {
        if (System.Runtime.CompilerServices.Unsafe.IsNullRef(ref effect))
        {
            return status == "succeeded" ? "but the processor never did it" : null;
        }

        effect.IsOurs = true;
        return status is "declined" or "failed" ? "but the processor did it"
            : effect.Kind != kind || effect.Amount != amount || effect.Currency != currency
                ? $"but the processor made a {effect.Kind} of {effect.Amount} {effect.Currency}"
                : null;
    }

    private sealed class Sums
    {
        private readonly Dictionary<(string Kind, string Currency), (long Count, Int128 Sum)> lines = [];

        public void Add(string kind, string currency, long amount)
        {
            ref var line = ref CollectionsMarshal.GetValueRefOrAddDefault(lines, (kind, currency), out _);
            line = (line.Count + 1, line.Sum + amount);
        }

        public static ImmutableArray<EffectsLine> Beside(Sums theirs, Sums ours) =>
        [
            .. theirs.lines.Keys.Union(ours.lines.Keys).Order().Select(key =>
            {
                var (their, our) = (theirs.lines.GetValueOrDefault(key), ours.lines.GetValueOrDefault(key));
                return new EffectsLine(key.Kind, key.Currency, their.Count, their.Sum, our.Count, our.Sum);
            }),
        ];
    }
}
