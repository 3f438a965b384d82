namespace Orleans.Core
{
    /// <summary>State of a grain that outlives its activation.</summary>
    public interface IStorage
    {
        /// <summary>Which version was read or written last; null when there is none.</summary>
        string? Etag { get; }

        /// <summary>Whether something is stored.</summary>
        bool RecordExists { get; }

        /// <summary>Forgets what is stored. Fails if another version is stored than the one that was read.</summary>
        Task ClearStateAsync();

        /// <summary>Stores the state. Fails if another version is stored than the one that was read.</summary>
        Task WriteStateAsync();

        /// <summary>Reads what is stored, whatever is in memory.</summary>
        Task ReadStateAsync();
    }

    /// <inheritdoc/>
    public interface IStorage<TState> : IStorage
    {
        /// <summary>What is in memory.</summary>
        TState State { get; set; }
    }
}

namespace Orleans.Runtime
{
    /// <summary>State that a grain's constructor asks for; it is read before the grain is activated.</summary>
    public interface IPersistentState<TState> : Core.IStorage<TState>;

    /// <summary>Which state is meant.</summary>
    public interface IPersistentStateConfiguration
    {
        /// <summary>The name of the state, unique in its grain class.</summary>
        string StateName { get; }

        /// <summary>The name of the storage. This engine has one, for all of them.</summary>
        string? StorageName { get; }
    }

    /// <summary>Names the state of this parameter, and the storage that it is in.</summary>
    [AttributeUsage(AttributeTargets.Parameter)]
    public class PersistentStateAttribute(string stateName, string? storageName = null) : Attribute, IPersistentStateConfiguration
    {
        /// <inheritdoc/>
        public string StateName { get; } = stateName;

        /// <inheritdoc/>
        public string? StorageName { get; } = storageName;
    }
}

namespace Orleans.Storage
{
    /// <summary>Another version is stored than the one that was to be replaced: nothing was written.</summary>
    public class InconsistentStateException : Runtime.OrleansException
    {
        public InconsistentStateException()
        {
        }

        public InconsistentStateException(string message) : base(message)
        {
        }

        public InconsistentStateException(string message, Exception innerException) : base(message, innerException)
        {
        }
    }
}
