namespace Payments.ClientApi;

/// <summary>Something besides the database that must be right before requests come here; a host adds what it knows of.</summary>
public interface IReadiness
{
    /// <summary>What is wrong, in a word for the log; null when nothing is.</summary>
    string? Problem { get; }

    /// <summary>Whether grains can be called at all.</summary>
    bool ReachesGrains => true;
}
