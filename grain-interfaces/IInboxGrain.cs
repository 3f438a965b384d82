using Orleans;
using Orleans.CodeGeneration;

namespace Payments.Grains;

/// <summary>
/// Brings evidence that nobody asked for (webhooks, operators' decisions) from the inbox to its payment. What cannot be judged yet is tried
/// again, ever more slowly, and never forgotten. One grain a shard.
/// </summary>
[Alias("payments.IInboxGrain"), Version(1)]
public interface IInboxGrain : IGrainWithStringKey
{
    /// <summary>Makes sure that this shard is looked after from now on.</summary>
    [Alias("Start")]
    Task StartAsync();

    /// <summary>Something was stored in the inbox: look at it now. A hint, as the inbox is looked through anyway.</summary>
    [Alias("Deliver")]
    Task DeliverAsync(string source, string eventId);
}
