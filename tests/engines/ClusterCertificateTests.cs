using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Payments.Tests.Support;

namespace Payments.Tests.Engines;

/// <summary>Nodes and front ends that have certificates talk to nobody who has none of them.</summary>
public sealed class ClusterCertificateTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("certificates");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public async Task Only_who_presents_a_trusted_certificate_reaches_the_grains()
    {
        var (old, next, strange) = (Make("old"), Make("next"), Make("strange"));
        await using var system = await RunningSystem.StartAsync(nodes: 2, environment: ("PAYMENTS_CLUSTER_CERTIFICATE", Write("nodes", old, next)));

        // One certificate follows another without a stop: who presents the next one is known already.
        system.Environment["PAYMENTS_CLUSTER_CERTIFICATE"] = Write("front-end", next, old);
        using var known = await FrontEnd.StartAsync(system, "known");
        await Eventually.BecomesAsync(true, known.IsReadyAsync, TimeSpan.FromSeconds(60));
        using var client = known.Client();
        var (status, _, _) = await RunningSystem.PostAsync(client, "v1/payments", "order 1", new { amount = 1999, currency = "EUR", payment_method = "tok_approve" });
        Assert.Equal(HttpStatusCode.Created, status);

        system.Environment["PAYMENTS_CLUSTER_CERTIFICATE"] = Write("stranger", strange);
        using var stranger = await FrontEnd.StartAsync(system, "stranger");
        system.Environment.Remove("PAYMENTS_CLUSTER_CERTIFICATE");
        using var plain = await FrontEnd.StartAsync(system, "plain");
        foreach (var refused in new[] { stranger, plain })
        {
            using var asking = refused.Client();
            var (answer, body, _) = await RunningSystem.PostAsync(asking, "v1/payments", "order 2", new { amount = 1999, currency = "EUR", payment_method = "tok_approve" });
            Assert.Equal((HttpStatusCode.ServiceUnavailable, "not_sent"), (answer, body.GetProperty("outcome").GetString()));
            Assert.False(await refused.IsReadyAsync());
        }

        Assert.Single(await system.EffectsAsync());
    }

    private static string Make(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256).CreateSelfSigned(now.AddMinutes(-5), now.AddDays(1));
        return $"{certificate.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}\n";
    }

    // The first one with its key, the others as whom to trust.
    private string Write(string name, string own, params string[] trusted)
    {
        var path = Path.Combine(folder.FullName, $"{name}.pem");
        File.WriteAllText(path, own + string.Concat(trusted.Select(other => other[..other.IndexOf("-----BEGIN PRIVATE KEY", StringComparison.Ordinal)])));
        return path;
    }
}
