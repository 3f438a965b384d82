#if ORLEANS
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Orleans.Connections.Security;

namespace Payments.Hosting;

/// <summary>
/// TLS between the programs of a cluster, both sides known to each other. The file <c>PAYMENTS_CLUSTER_CERTIFICATE</c> (PEM) holds a certificate with its
/// key, and after it others that are trusted too: that is how one is replaced by another without a stop. Who presents none of them is turned away, whoever
/// signed it and until when it is valid: the file is the authority.
/// </summary>
internal sealed class ClusterCertificate
{
    private readonly X509Certificate2 own;
    private readonly X509Certificate2Collection trusted = [];

    private ClusterCertificate(string path)
    {
        own = X509Certificate2.CreateFromPemFile(path, path);
        trusted.ImportFromPemFile(path);
    }

    /// <summary>Null when none is configured: then the network is trusted.</summary>
    /// <exception cref="ConfigurationException">The file cannot be read as that.</exception>
    public static ClusterCertificate? FromEnvironment()
    {
        const string Name = "PAYMENTS_CLUSTER_CERTIFICATE";
        try
        {
            return Variables.Optional(Name) is { } path ? new(path) : null;
        }
        catch (Exception wrong) when (wrong is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new ConfigurationException($"{Name} must name a PEM file with a certificate and its private key: {wrong.Message}");
        }
    }

    /// <summary>How connections are secured, of a node as of a client.</summary>
    public void Secure(TlsOptions options)
    {
        options.LocalCertificate = own;
        options.RemoteCertificateMode = RemoteCertificateMode.RequireCertificate;
        options.ClientCertificateMode = RemoteCertificateMode.RequireCertificate;
        options.RemoteCertificateValidation = (certificate, _, _) => trusted.Any(one => one.RawDataMemory.Span.SequenceEqual(certificate.RawDataMemory.Span));
        options.OnAuthenticateAsClient = (_, authentication) => authentication.TargetHost = "payments";
    }
}
#endif
