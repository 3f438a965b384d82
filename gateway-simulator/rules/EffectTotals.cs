namespace Payments.GatewaySimulator.Rules;

/// <summary>How many effects of one kind there are, and their amounts by currency.</summary>
internal sealed class EffectTotals
{
    private readonly SortedDictionary<string, long> amounts = new(StringComparer.Ordinal);

    public long Count { get; private set; }

    public IReadOnlyDictionary<string, long> Amounts => amounts;

    public void Add(long amount, string currency)
    {
        Count++;
        amounts[currency] = amounts.GetValueOrDefault(currency) + amount;
    }

    public EffectTotals Copy()
    {
        var copy = new EffectTotals { Count = Count };
        foreach (var (currency, amount) in amounts)
        {
            copy.amounts.Add(currency, amount);
        }

        return copy;
    }
}
