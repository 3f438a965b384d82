using System.Collections.Concurrent;
using Npgsql;
using Payments.Domain;

namespace Payments.Storage.Postgres;

/// <summary>
/// The short numbers of accounts. An account's row is made, empty, the first time somebody posts to it, in a transaction of its own:
/// an empty account says nothing, and batches then only ever lock rows that exist. A merchant's own accounts are left to their owner to
/// open: a slip in a name must not make another account.
/// </summary>
internal sealed class AccountNumbers
{
    // Names never change their number, so the memory needs no truth, only a bound (I9).
    private const int MaxKnown = 200_000;

    private readonly ConcurrentDictionary<string, long> known = new(StringComparer.Ordinal);

    /// <summary>The numbers of all accounts that the commits post to.</summary>
    public async Task<IReadOnlyDictionary<string, long>> ResolveAsync(NpgsqlConnection connection, IReadOnlyList<Commit> commits)
    {
        var numbers = new Dictionary<string, long>(StringComparer.Ordinal);
        var unknown = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var posting in commits.Where(commit => commit.Entry is not null).SelectMany(commit => commit.Entry!.Postings))
        {
            if (known.TryGetValue(posting.Account, out var number))
            {
                numbers[posting.Account] = number;
            }
            else
            {
                unknown.Add(posting.Account);
            }
        }

        if (unknown.Count > 0)
        {
            await foreach (var (id, number) in OpenAsync(connection, [.. unknown]))
            {
                if (known.Count >= MaxKnown)
                {
                    known.Clear();
                }

                numbers[id] = known[id] = number;
            }
        }

        return numbers;
    }

    private static async IAsyncEnumerable<(string Id, long Number)> OpenAsync(NpgsqlConnection connection, string[] ids)
    {
        var accounts = ids.Select(AccountId.Parse).Where(account => !ChartOfAccounts.IsOwn(account)).ToArray();
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new(
                    """
                    INSERT INTO accounts (id, merchant_id, currency, grows_by_debit)
                    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::boolean[]) AS new (id, merchant_id, currency, grows_by_debit)
                    WHERE NOT EXISTS (SELECT FROM accounts a WHERE a.id = new.id) ORDER BY new.id
                    ON CONFLICT (id) DO NOTHING
                    """)
                {
                    Parameters =
                    {
                        new() { Value = Array.ConvertAll(accounts, account => account.ToString()) },
                        new() { Value = Array.ConvertAll(accounts, ChartOfAccounts.Owner) },
                        new() { Value = Array.ConvertAll(accounts, account => account.Currency.Code) },
                        new() { Value = Array.ConvertAll(accounts, ChartOfAccounts.GrowsByDebit) },
                    },
                },
                new("SELECT id, no FROM accounts WHERE id = ANY ($1)") { Parameters = { new() { Value = ids } } },
            },
        };
        await using var reader = await batch.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            yield return (reader.GetString(0), reader.GetInt64(1));
        }
    }
}
