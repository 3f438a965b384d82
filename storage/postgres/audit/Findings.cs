using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Payments.Domain;

namespace Payments.Storage.Postgres.Auditing;

/// <summary>Collects what the checks find.</summary>
/// <param name="keep">How many sentences of each check are kept.</param>
internal sealed partial class Findings(int keep)
{
    private readonly int keep = keep;
    private readonly List<CheckResult> checks = [];
    private readonly List<Breach> breaches = [];

    public ImmutableArray<CheckResult> Checks => [.. checks];

    public ImmutableArray<Breach> Breaches => [.. breaches];

    /// <summary>Begins a check; its breaches are counted until it is <see cref="Check.Done"/>.</summary>
    public Check Begin(string invariant, string name, string proves) => new(this, invariant, name, proves);

    /// <summary>Records that a check could not be done.</summary>
    public void NotChecked(string invariant, string name, string proves, string why) => checks.Add(new(invariant, name, proves, 0, 0, why));

    /// <summary>Shows ids in the form in which people meet them.</summary>
    private static string Readable(string sentence) =>
        BracedId().Replace(sentence, match => Ids.Format(match.Groups[1].Value, Guid.Parse(match.Groups[2].Value)));

    [GeneratedRegex(@"\{(pay|op|rep|po):([0-9a-f-]{36})\}")]
    private static partial Regex BracedId();

    /// <summary>One check while it runs.</summary>
    internal sealed class Check(Findings findings, string invariant, string name, string proves)
    {
        private long count;

        public void Breach(string sentence)
        {
            if (count++ < findings.keep)
            {
                findings.breaches.Add(new(invariant, name, Readable(sentence)));
            }
        }

        public void Done(long rows) => findings.checks.Add(new(invariant, name, proves, rows, count, null));
    }
}
