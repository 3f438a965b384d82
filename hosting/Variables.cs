using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Payments.Hosting;

/// <summary>Reads environment variables: what a program must be told, and what it may be.</summary>
internal static class Variables
{
    /// <summary>A variable, or what is in the file that the variable of the same name with <c>_FILE</c> behind it names: how containers are given secrets.</summary>
    /// <exception cref="ConfigurationException">The file cannot be read.</exception>
    public static string? Optional(string name)
    {
        if (Environment.GetEnvironmentVariable(name) is { Length: > 0 } text)
        {
            return text;
        }

        try
        {
            return Environment.GetEnvironmentVariable($"{name}_FILE") is { Length: > 0 } path ? File.ReadAllText(path).TrimEnd('\r', '\n') : null;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"{name}_FILE: {unreadable.Message}");
        }
    }

    /// <exception cref="ConfigurationException">It is not set.</exception>
    public static string Required(string name) => Optional(name) ?? throw new ConfigurationException($"Set {name}; './run --help' shows a node's environment.");

    /// <summary>An HTTP address.</summary>
    /// <exception cref="ConfigurationException">It is none.</exception>
    public static Uri Address(string name, string fallback) =>
        Uri.TryCreate(Optional(name) ?? fallback, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            ? address
            : throw new ConfigurationException($"{name} must be an address such as {fallback}.");

    /// <summary>An IP address, or a name that leads to one.</summary>
    /// <exception cref="ConfigurationException">It is neither.</exception>
    public static IPAddress Ip(string name, IPAddress fallback)
    {
        if (Optional(name) is not { } text)
        {
            return fallback;
        }

        try
        {
            return IPAddress.TryParse(text, out var address) ? address : Dns.GetHostAddresses(text, AddressFamily.InterNetwork)[0];
        }
        catch (Exception unknown) when (unknown is SocketException or IndexOutOfRangeException)
        {
            throw new ConfigurationException($"{name} must be an IP address such as {fallback}, or a name that leads to one.");
        }
    }

    /// <exception cref="ConfigurationException">It is no whole number, or out of all proportion.</exception>
    public static long Number(string name, long fallback) =>
        Optional(name) is not { } text ? fallback
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= Domain.Money.MaxOperation ? number
        : throw new ConfigurationException($"{name} must be a whole number such as {fallback}.");

    /// <exception cref="ConfigurationException">It is no port number, or below <paramref name="lowest"/>.</exception>
    public static int Port(string name, int fallback, int lowest) =>
        Optional(name) is not { } text ? fallback
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port >= lowest && port <= IPEndPoint.MaxPort ? port
        : throw new ConfigurationException($"{name} must be a port number such as {fallback}.");
}

/// <summary>The environment does not say what a program needs.</summary>
public sealed class ConfigurationException(string message) : Exception(message);
