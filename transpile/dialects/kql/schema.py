"""The types of the columns of Microsoft's own tables, as far as they decide what a query means: `isnull`.

From the table reference of Azure Monitor Logs, and that of advanced hunting for Defender's tables. Where the two
differ, as in `AdditionalFields`, and for any other table, the type of a column is not known here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType

from transpile.dialects.kql.columns import Kind

# Every table of Azure Monitor has these.
_ALL = {Kind.DATETIME: "TimeGenerated", Kind.STRING: "TenantId SourceSystem Type _ResourceId _SubscriptionId"}

# Every table of events of Defender for Endpoint has these, or has no column of the name.
_DEVICE = {
    Kind.STRING: """
        AccountDomain AccountName AccountObjectId AccountSid AccountUpn ActionType AppGuardContainerId DeviceId
        DeviceName FailureReason FileName FileOriginIP FileOriginReferrerUrl FileOriginUrl FolderPath
        InitiatingProcessAccountDomain
        InitiatingProcessAccountName InitiatingProcessAccountObjectId InitiatingProcessAccountSid
        InitiatingProcessAccountUpn InitiatingProcessCommandLine InitiatingProcessFileName InitiatingProcessFolderPath
        InitiatingProcessIntegrityLevel InitiatingProcessMD5 InitiatingProcessParentFileName InitiatingProcessSHA1
        InitiatingProcessSHA256 InitiatingProcessSignatureStatus InitiatingProcessSignerType
        InitiatingProcessTokenElevation InitiatingProcessVersionInfoCompanyName
        InitiatingProcessVersionInfoFileDescription InitiatingProcessVersionInfoInternalFileName
        InitiatingProcessVersionInfoOriginalFileName InitiatingProcessVersionInfoProductName
        InitiatingProcessVersionInfoProductVersion LocalIP LocalIPType LogonType MachineGroup MD5 PreviousFileName
        PreviousFolderPath PreviousRegistryKey PreviousRegistryValueData PreviousRegistryValueName ProcessCommandLine
        ProcessIntegrityLevel ProcessTokenElevation ProcessVersionInfoCompanyName ProcessVersionInfoFileDescription
        ProcessVersionInfoInternalFileName ProcessVersionInfoOriginalFileName ProcessVersionInfoProductName
        ProcessVersionInfoProductVersion Protocol RegistryKey RegistryValueData RegistryValueName RegistryValueType
        RemoteDeviceName RemoteIP RemoteIPType RemoteUrl RequestAccountDomain RequestAccountName RequestAccountSid
        RequestProtocol RequestSourceIP SensitivityLabel SensitivitySubLabel SHA1 SHA256 ShareName
    """,
    Kind.NUMBER: """
        FileSize InitiatingProcessFileSize InitiatingProcessId InitiatingProcessLogonId InitiatingProcessParentId
        LocalPort LogonId ProcessId RemotePort ReportId RequestSourcePort
    """,
    Kind.BOOL: "IsAzureInfoProtectionApplied IsLocalAdmin",
    Kind.DATETIME: """
        InitiatingProcessCreationTime InitiatingProcessParentCreationTime ProcessCreationTime Timestamp
    """,
}

_TABLES: Mapping[str, Mapping[Kind, str]] = {
    **dict.fromkeys(
        (
            "DeviceEvents",
            "DeviceFileEvents",
            "DeviceImageLoadEvents",
            "DeviceLogonEvents",
            "DeviceNetworkEvents",
            "DeviceProcessEvents",
            "DeviceRegistryEvents",
        ),
        _DEVICE,
    ),
    "SecurityEvent": {
        Kind.STRING: """
            AccessMask Account AccountDomain AccountExpires AccountName AccountType Activity AdditionalInfo
            AdditionalInfo2 AllowedToDelegateTo Attributes AuditPolicyChanges AuthenticationPackageName CallerProcessId
            CallerProcessName Channel ClassId ClassName ClientAddress ClientIPAddress ClientName CommandLine Computer
            DeviceDescription DeviceId DisplayName DomainName DomainSid ElevatedToken EventData EventSourceName
            FailureReason FileHash FilePath FilePathNoUser Fqbn GroupMembership HandleId HomeDirectory HomePath
            IpAddress IpPort Level LmPackageName LogonGuid LogonHours LogonID LogonProcessName LogonTypeName
            MachineLogon
            MandatoryLabel MemberName MemberSid NewProcessId NewProcessName NewUacValue NewValue NewValueType ObjectName
            ObjectServer ObjectType ObjectValueName OldUacValue OldValue OldValueType OperationType PackageName
            ParentProcessName PasswordLastSet PrimaryGroupId PrivilegeList Process ProcessId ProcessName ProfilePath
            Properties RelativeTargetName RemoteIpAddress RemotePort RestrictedAdminMode SamAccountName ScriptPath
            ServiceAccount ServiceFileName ServiceName ServiceType SessionName ShareLocalPath ShareName SidHistory
            SourceComputerId Status SubcategoryGuid SubcategoryId Subject SubjectAccount SubjectDomainName
            SubjectLogonId SubjectMachineName SubjectMachineSID SubjectUserName SubjectUserSid SubStatus TableId
            TargetAccount TargetDomainName TargetInfo TargetLinkedLogonId TargetLogonGuid TargetLogonId
            TargetOutboundDomainName TargetOutboundUserName TargetServerName TargetSid TargetUser TargetUserName
            TargetUserSid TokenElevationType TransmittedServices UserAccountControl UserParameters UserPrincipalName
            UserWorkstations VirtualAccount Workstation WorkstationName
        """,
        Kind.NUMBER: """
            AuditsDiscarded AuthenticationLevel AuthenticationService ErrorCode EventID KeyLength LogonType
            ServiceStartType Task
        """,
    },
    "SigninLogs": {
        Kind.STRING: """
            AADTenantId AlternateSignInName AppDisplayName AppId AuthenticationContextClassReferences
            AuthenticationDetails AuthenticationMethodsUsed AuthenticationProcessingDetails AuthenticationProtocol
            AuthenticationRequirement AuthenticationRequirementPolicies AutonomousSystemNumber Category ClientAppUsed
            ConditionalAccessStatus CorrelationId CrossTenantAccessType HomeTenantId Id Identity IPAddress
            IPAddressFromResourceProvider Level Location NetworkLocationDetails OperationName OperationVersion
            OriginalRequestId Resource ResourceDisplayName ResourceGroup ResourceId ResourceIdentity ResourceProvider
            ResourceServicePrincipalId ResourceTenantId ResultDescription ResultSignature ResultType RiskDetail
            RiskEventTypes RiskEventTypes_V2 RiskLevel RiskLevelAggregated RiskLevelDuringSignIn RiskState
            ServicePrincipalId ServicePrincipalName SessionLifetimePolicies SignInIdentifier SignInIdentifierType
            TokenIssuerName TokenIssuerType UniqueTokenIdentifier UserAgent UserDisplayName UserId UserPrincipalName
            UserType
        """,
        Kind.NUMBER: "DurationMs",
        Kind.BOOL: "FlaggedForReview IsInteractive IsRisky",
        Kind.DATETIME: "CreatedDateTime",
        Kind.DYNAMIC: """
            AppliedEventListeners ConditionalAccessPolicies DeviceDetail LocationDetails MfaDetail Status
        """,
    },
    "AuditLogs": {
        Kind.STRING: """
            AADOperationType AADTenantId ActivityDisplayName Category CorrelationId Id Identity Level Location
            LoggedByService OperationName OperationVersion Resource ResourceGroup ResourceId ResourceProvider Result
            ResultDescription ResultReason ResultSignature ResultType
        """,
        Kind.NUMBER: "DurationMs",
        Kind.DATETIME: "ActivityDateTime",
        Kind.DYNAMIC: "AdditionalDetails InitiatedBy TargetResources",
    },
    "OfficeActivity": {
        Kind.STRING: """
            AADGroupId AADTarget Activity Actor ActorContextId ActorIpAddress AddonName AffectedItems AppId Application
            ApplicationId ChannelGuid ChannelName ChannelType ChatName ChatThreadId Client Client_IPAddress ClientAppId
            ClientInfoString ClientIP ClientMachineName ClientProcessName ClientVersion CommunicationType DestFolder
            DestinationFileExtension DestinationFileName DestinationRelativeUrl Event_Data EventSource
            ExtendedProperties ExternalAccess Folder Folders Item ItemName ItemType Logon_Type LogonUserDisplayName
            LogonUserSid MailboxGuid MailboxOwnerSid MailboxOwnerUPN MessageId ModifiedProperties Name NewValue OfficeId
            OfficeObjectId OfficeTenantId OfficeWorkload OldValue Operation OperationScope OrganizationId
            OrganizationName OriginatingServer Parameters RecordType ResultReasonType ResultStatus SharingType Site_
            Site_Url Source_Name SourceFileExtension SourceFileName SourceRecordId SourceRelativeUrl TargetUserId
            TargetUserOrGroupName TargetUserOrGroupType TeamGuid TeamName UserAgent UserDomain UserId UserKey
            UserSharedWith UserType
        """,
        Kind.NUMBER: "DataCenterSecurityEventType ElevationDuration InternalLogonType LoginStatus",
        Kind.BOOL: "CrossMailboxOperations IsManagedDevice",
        Kind.DATETIME: "ElevationApprovedTime ElevationTime Start_Time",
        Kind.DYNAMIC: "ExtraProperties Members OperationProperties SRRuleMatchDetails",
    },
    "Syslog": {
        Kind.STRING: "CollectorHostName Computer Facility HostIP HostName ProcessName SeverityLevel SyslogMessage",
        Kind.NUMBER: "ProcessID",
        Kind.DATETIME: "EventTime",
    },
}


def string_columns(tables: Iterable[str]) -> frozenset[str]:
    """The columns that are strings in those of the tables that are known here."""
    found = [(name, kind) for table in tables for name, kind in column_types(table).items()]
    return frozenset({name for name, kind in found if kind is Kind.STRING}) - {
        name for name, kind in found if kind is not Kind.STRING
    }


@cache
def column_types(table: str | None) -> Mapping[str, Kind]:
    """The types of the columns of a table; of one that is not known here, none.

    >>> column_types("SecurityEvent")["EventID"], "EventID" in column_types("MyTable_CL")
    (<Kind.NUMBER: 'number'>, False)
    """
    known = _TABLES.get(table or "")
    if known is None:
        return MappingProxyType({})
    return MappingProxyType(
        {name: kind for types in (_ALL, known) for kind, names in types.items() for name in names.split()}
    )
