using System.Collections.Concurrent;

namespace Payments.Storage.Postgres;

/// <summary>What is known of merchants, so that a payment costs no reading. It may be old: the commit that makes a payment is judged by the merchant's locked
/// row, and refused as stale when the fee is another by then.</summary>
internal sealed class MerchantMemory
{
    private const int Capacity = 100_000;

    private readonly ConcurrentDictionary<string, MerchantRow> known = new(StringComparer.Ordinal);

    public MerchantRow? Find(string merchantId) => known.GetValueOrDefault(merchantId);

    public MerchantRow? Remember(MerchantRow? merchant)
    {
        if (merchant is null)
        {
            return null;
        }

        // When it is full it starts over: that needs no bookkeeping.
        if (known.Count >= Capacity)
        {
            known.Clear();
        }

        known[merchant.Id] = merchant;
        return merchant;
    }

    public void Forget(string merchantId) => known.TryRemove(merchantId, out _);
}
