using System.Security.Cryptography;
using System.Text;

namespace Payments.Storage.Postgres;

/// <summary>The key that signs checkpoints: ECDSA over P-256 with SHA-256. It lives in the state folder, outside of the database that it vouches for.</summary>
internal static class CheckpointKey
{
    private const string PrivateFile = "checkpoint_key.pem";
    private const string PublicFile = "checkpoint_key.pub.pem";

    /// <summary>Signs a document; makes the key on the first day.</summary>
    public static byte[] Sign(string stateDirectory, string document)
    {
        using var key = ECDsa.Create();
        var path = Path.Combine(stateDirectory, PrivateFile);
        if (File.Exists(path))
        {
            key.ImportFromPem(File.ReadAllText(path));
        }
        else
        {
            key.GenerateKey(ECCurve.NamedCurves.nistP256);
            DurableFile.Write(path, key.ExportPkcs8PrivateKeyPem() + "\n", isSecret: true);
        }

        var publicPath = Path.Combine(stateDirectory, PublicFile);
        var publicPem = key.ExportSubjectPublicKeyInfoPem() + "\n";
        if (!File.Exists(publicPath) || File.ReadAllText(publicPath) != publicPem)
        {
            DurableFile.Write(publicPath, publicPem);
        }

        return key.SignData(Encoding.UTF8.GetBytes(document), HashAlgorithmName.SHA256);
    }

    /// <summary>The key to verify with; null when the folder has none.</summary>
    public static ECDsa? Verifier(string? stateDirectory)
    {
        var path = stateDirectory is null ? null : Path.Combine(stateDirectory, PublicFile);
        if (!File.Exists(path))
        {
            return null;
        }

        var key = ECDsa.Create();
        key.ImportFromPem(File.ReadAllText(path));
        return key;
    }

    public static bool Vouches(this ECDsa key, Checkpoint checkpoint) =>
        key.VerifyData(Encoding.UTF8.GetBytes(checkpoint.Document), checkpoint.Signature, HashAlgorithmName.SHA256);

    public static bool Vouches(this ECDsa key, SignedArchive archive) =>
        key.VerifyData(Encoding.UTF8.GetBytes(archive.Document), archive.SignatureBytes, HashAlgorithmName.SHA256);

    /// <summary>Names the key: SHA-256 of its public part.</summary>
    public static string Id(this ECDsa key) => Convert.ToHexStringLower(SHA256.HashData(key.ExportSubjectPublicKeyInfo()));
}
