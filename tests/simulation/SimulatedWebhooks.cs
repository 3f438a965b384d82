using Payments.Domain;
using Payments.Gateways;
using Payments.Storage;

namespace Payments.Simulation;

/// <summary>What the processors tell by themselves, and the network between them and the nodes: lost, doubled, late, or beside one that is wrong. They tell again until some node has taken it.</summary>
internal sealed class SimulatedWebhooks(World world, Scenario scenario, Counters counters, Func<RandomStream, SimulatedNode?> anyNode)
{
    private readonly RandomStream random = RandomStream.Of(scenario.Form.Seed, "webhooks");
    private int told;

    /// <summary>How many are on their way, or will be told again.</summary>
    public int UnderWay { get; private set; }

    /// <summary>What must be flagged, and nothing else may be.</summary>
    public HashSet<EvidenceId> Wrong { get; } = [];

    public void Tell(string gateway, GatewayNews news)
    {
        var id = new EvidenceId(gateway, $"evt_{++told}");
        var (lost, doubled, late, wrong) = (random.Chance(0.2), random.Chance(0.3), random.Chance(0.4), random.Chance(0.15));
        var (delay, again, long1) = (random.Seconds(0.01, 1), random.Seconds(0.01, 8), random.Seconds(1, 25));
        if (Happens(Faults.WebhookWrong, wrong, null) && news.Answer is { Kind: GatewayAnswerKind.Approved, Told: { } amount })
        {
            var false1 = new EvidenceId(gateway, $"{id.EventId}_wrong");
            Wrong.Add(false1);
            Send(false1, news with { Answer = news.Answer with { Told = amount with { Minor = amount.Minor + 1 } } }, delay);
        }

        // Of a dispute nobody else tells, and nobody can ask.
        if (news.Dispute is null && Happens(Faults.WebhookLost, lost, Rare.WebhookLost))
        {
            return;
        }

        Send(id, news, Happens(Faults.WebhookLate, late, Rare.WebhookLate) ? long1 : delay);
        if (Happens(Faults.WebhookDoubled, doubled, Rare.WebhookDoubled))
        {
            Send(id, news, again);
        }
    }

    /// <summary>An operator decides by what is true at the processor.</summary>
    public void Decide(NewsRow row)
    {
        counters.Add(Rare.OperatorDecided);
        Deliver(new(EvidenceSources.Operator, $"dec_{++told}"), row, TimeSpan.Zero);
    }

    private bool Happens(Faults fault, bool drawn, Rare? path)
    {
        var happens = drawn && scenario.Has(fault) && world.Elapsed < scenario.FaultsEnd;
        if (happens && path is { } rare)
        {
            counters.Add(rare);
        }

        return happens;
    }

    private void Send(EvidenceId id, GatewayNews news, TimeSpan delay) => Deliver(id, new()
    {
        Kind = news.Answer?.Kind.Name() ?? news.Dispute!.Notice.Name(),
        Gateway = id.Source,
        OperationId = Ids.TryParse(Ids.OperationPrefix, news.OperationReference, out var operation) ? operation : null,
        Reference = news.Answer?.Reference ?? news.Dispute?.Reference,
        Code = news.Answer?.Code ?? news.Dispute?.Code,
        Amount = (news.Answer?.Told ?? news.Dispute?.Amount)?.Minor,
        Currency = (news.Answer?.Told ?? news.Dispute?.Amount)?.Currency.Code,
        AuthorizedUntil = news.Answer?.AuthorizedUntil,
        ActionUrl = news.Answer?.ActionUrl,
        IsRetryable = news.Answer?.IsRetryable ?? false,
        Fee = news.Dispute?.Fee ?? 0,
        Kept = news.Dispute?.Kept ?? 0,
    }, delay);

    private void Deliver(EvidenceId id, NewsRow row, TimeSpan delay)
    {
        UnderWay++;
        world.After(delay, world.Outside, () => Try(id, row));
    }

    private void Try(EvidenceId id, NewsRow row)
    {
        var (node, pause) = (anyNode(random), random.Seconds(0.5, 5));
        if (node is null)
        {
            NotTaken();
            return;
        }

        world.Trace?.Add($"webhook {id.EventId} of {id.Source}: {row.Kind} of {(row.OperationId is { } operation ? Ids.ProcessorReference(operation) : "nothing")} to {node.Name}");
        var answered = false;
        node.Receive(new(id, world.Now, row), isTaken =>
        {
            if (!answered)
            {
                answered = true;
                if (isTaken)
                {
                    UnderWay--;
                }
                else
                {
                    NotTaken();
                }
            }
        });

        // A node that dies answers nobody.
        world.After(TimeSpan.FromSeconds(20), world.Outside, () =>
        {
            if (!answered)
            {
                answered = true;
                NotTaken();
            }
        });

        void NotTaken()
        {
            counters.Add(Rare.WebhookNotTaken);
            world.After(pause, world.Outside, () => Try(id, row));
        }
    }
}
