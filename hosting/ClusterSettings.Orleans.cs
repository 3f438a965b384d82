#if ORLEANS
using Npgsql;
using Orleans.Configuration;

namespace Payments.Hosting;

/// <summary>What the nodes of an Orleans cluster and its clients must agree on.</summary>
internal static class ClusterSettings
{
    /// <summary>The ADO.NET provider of clustering, reminders and rebuildable state.</summary>
    public const string Invariant = "Npgsql";

    /// <summary>Programs that share a database are one cluster.</summary>
    public static void Name(ClusterOptions options) => (options.ClusterId, options.ServiceId) = ("payments", "payments");

    /// <summary>All of Orleans' providers in a process share this pool, apart from those of the books.</summary>
    public static string Database(ServingOptions host) => new NpgsqlConnectionStringBuilder(host.Database)
    {
        SearchPath = "payments",
        MaxPoolSize = 8,
        CommandTimeout = 5,
        Timeout = 5,
        ApplicationName = "payments-orleans",
    }.ConnectionString;
}
#endif
