using System.Net.Http.Headers;
using System.Text.Json;
using Npgsql;
using Payments.Domain;

namespace Payments.Tools.Driving;

/// <summary>What one run took and gave back, in one currency, by Stripe's lists and by our books. Minor units.</summary>
internal sealed record StripeLine(string Kind, string Currency, long TheirCount, long OurCount, long TheirSum, long OurSum)
{
    public bool Agrees => (TheirCount, TheirSum) == (OurCount, OurSum);
}

/// <summary>Reads a Stripe-compatible server's own lists of charges and refunds, and holds them against our operations, one by one.</summary>
internal sealed class StripeRecord(Uri server, string secretKey) : IDisposable
{
    private readonly HttpClient http = new()
    {
        BaseAddress = server,
        Timeout = TimeSpan.FromSeconds(30),
        DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", secretKey) },
    };

    /// <param name="run">Whose payments: the word in their references.</param>
    public async Task<IReadOnlyList<StripeLine>> CompareAsync(NpgsqlDataSource database, string run, CancellationToken cancellationToken)
    {
        var ours = await OursAsync(database, run, cancellationToken);
        var theirs = new List<(string Kind, string Currency, long Amount)>();
        foreach (var (list, kind, amount) in new[] { ("charges", "taken", "amount_captured"), ("refunds", "given back", "amount") })
        {
            await foreach (var one in ListAsync($"v1/{list}", cancellationToken))
            {
                if (one.GetProperty("status").GetString() == "succeeded" && one.GetProperty(amount).GetInt64() is > 0 and var moved
                    && one.GetProperty("metadata").TryGetProperty("operation", out var reference) && ours.References.Contains((kind, reference.GetString()!)))
                {
                    theirs.Add((kind, one.GetProperty("currency").GetString()!.ToUpperInvariant(), moved));
                }
            }
        }

        return
        [
            .. theirs.Select(one => (one.Kind, one.Currency)).Union(ours.Moved.Select(one => (one.Kind, one.Currency))).Order().Select(key => new StripeLine(
                key.Kind, key.Currency,
                theirs.Count(one => (one.Kind, one.Currency) == key), ours.Moved.Count(one => (one.Kind, one.Currency) == key),
                theirs.Where(one => (one.Kind, one.Currency) == key).Sum(one => one.Amount), ours.Moved.Where(one => (one.Kind, one.Currency) == key).Sum(one => one.Amount))),
        ];
    }

    public void Dispose() => http.Dispose();

    // Whatever was asked for may appear in the lists; what succeeded must.
    private static async Task<(HashSet<(string Kind, string Reference)> References, List<(string Kind, string Currency, long Amount)> Moved)> OursAsync(
        NpgsqlDataSource database, string run, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("""
            SELECT o.id, o.kind, p.currency, CASE o.kind WHEN 'refund' THEN CASE o.status WHEN 'succeeded' THEN o.amount ELSE 0 END ELSE p.captured END
            FROM payments p JOIN operations o ON o.merchant_id = p.merchant_id AND o.payment_id = p.id
            WHERE p.reference LIKE $1 AND o.kind IN ('charge', 'authorize', 'refund')
            """);
        command.Parameters.Add(new() { Value = $"demo-{run}-%" });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var (references, moved) = (new HashSet<(string, string)>(), new List<(string, string, long)>());
        while (await reader.ReadAsync(cancellationToken))
        {
            var kind = reader.GetString(1) == "refund" ? "given back" : "taken";
            references.Add((kind, Ids.ProcessorReference(reader.GetGuid(0))));
            if (reader.GetInt64(3) > 0)
            {
                moved.Add((kind, reader.GetString(2), reader.GetInt64(3)));
            }
        }

        return (references, moved);
    }

    private async IAsyncEnumerable<JsonElement> ListAsync(string path, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? after = null;
        while (true)
        {
            using var page = JsonDocument.Parse(await http.GetStringAsync(
                new Uri($"{path}?limit=100{(after is null ? "" : $"&starting_after={after}")}", UriKind.Relative), cancellationToken));
            foreach (var one in page.RootElement.GetProperty("data").EnumerateArray())
            {
                yield return one.Clone();
                after = one.GetProperty("id").GetString();
            }

            if (!page.RootElement.GetProperty("has_more").GetBoolean())
            {
                yield break;
            }
        }
    }
}
