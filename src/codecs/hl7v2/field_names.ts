// Names of segments' fields as HL7's v2-to-FHIR tables give them (CC0-1.0,
// https://build.fhir.org/ig/HL7/v2-to-fhir/segment_maps.html), for people who read a list of
// fields. Segments that those tables do not describe have no names here.

/** By segment: the names of its fields from 1 on, separated by `|`. */
const names: Readonly<Record<string, string>> = {
  AIG:
    'set ID -AIG|Segment Action Code|Resource ID|Resource Type|Resource Group|' +
    'Resource Quantity|Resource Quantity Units|Start Date/Time|Start Date/Time Offset|' +
    'Start Date/Time Offset Units|Duration|Duration Units|Allow Substitution Code|' +
    'Filler Status Code',
  AIL:
    'set ID -AIL|Segment Action Code|Location Resource ID|Location Type|Location Group|' +
    'Start Date/Time|Start Date/Time Offset|Start Date/Time Offset Units|Duration|' +
    'Duration Units|Allow Substitution Code|Filler Status Code',
  AIP:
    'set ID -AIP|Segment Action Code|Personnel Resource ID|Resource Type|Resource Group|' +
    'Start Date/Time|Start Date/Time Offset|Start Date/Time Offset Units|Duration|' +
    'Duration Units|Allow Substitution Code|Filler Status Code',
  AIS:
    'set ID -AIS|Segment Action Code|Universal Service Identifier|Start Date/Time|' +
    'Start Date/Time Offset|Start Date/Time Offset Units|Duration|Duration Units|' +
    'Allow Substitution Code|Filler Status Code|Placer Supplemental Service Information|' +
    'Filler Supplemental Service Information',
  AL1:
    'Set ID|Allergen Type Code|Allergen Code/Mnemonic/Description|Allergy Severity Code|' +
    'Allergy Reaction Code|Identification Date',
  DG1:
    'Set ID|Diagnosis Coding Method|Diagnosis Code|Diagnosis Description|' +
    'Diagnosis Date/Time|Diagnosis Type|Major Diagnostic Category|' +
    'Diagnostic Related Group|DRG Approval Indicator|DRG Grouper Review Code|' +
    'Outlier Type|Outlier Days|Outlier Cost|Grouper Version And Type|Diagnosis Priority|' +
    'Diagnosing Clinician|Diagnosis Classification|Confidential Indicator|' +
    'Attestation Date/Time|Diagnosis Identifier|Diagnosis Action Code|Parent Diagnosis|' +
    'DRG CCL Value Code|DRG Grouping Usage|DRG Diagnosis Determination Status|' +
    'Present On Admission (POA) Indicator',
  EVN:
    'Event Type Code|Recorded Date/Time|Date/Time Planned Event|Event Reason Code|' +
    'Operator ID|Event Occurred|Event Facility',
  IAM:
    'Set ID|Allergen Type Code|Allergen Code/Mnemonic/Description|Allergy Severity Code|' +
    'Allergy Reaction Code|Allergy Action Code|Allergy Unique Identifier|Action Reason|' +
    'Sensitivity to Causative Agent Code|Allergen Group Code/Mnemonic/Description|' +
    'Onset Date|Onset Date Text|Reported Date/Time|Reported By|Relationship to Patient|' +
    'Alert Device Code|Allergy Clinical Status|Statused by Person|' +
    'Statused by Organization|Statused at Date/Time|Inactivated by Person|' +
    'Inactivated Date/Time|Initially Recorded by Person|Initially Recorded Date/Time|' +
    'Modified by Person|Modified Date/Time|Clinician Identified Code|' +
    'Initially Recorded by Organization|Modified by Organization|' +
    'Inactivated by Organization',
  IN1:
    'Set ID|Health Plan ID|Insurance Company ID|Insurance Company Name|' +
    'Insurance Company Address|Insurance Co Contact Person|Insurance Co Phone Number|' +
    "Group Number|Group Name|Insured's Group Emp ID|Insured's Group Emp Name|" +
    'Plan Effective Date|Plan Expiration Date|Authorization Information|Plan Type|' +
    "Name Of Insured|Insured's Relationship To Patient|Insured's Date Of Birth|" +
    "Insured's Address|Assignment Of Benefits|Coordination Of Benefits|" +
    'Coord Of Ben. Priority|Notice Of Admission Flag|Notice Of Admission Date|' +
    'Report Of Eligibility Flag|Report Of Eligibility Date|Release Information Code|' +
    'Pre-Admit Cert (PAC)|Verification Date/Time|Verification By|Type Of Agreement Code|' +
    'Billing Status|Lifetime Reserve Days|Delay Before L.R. Day|Company Plan Code|' +
    'Policy Number|Policy Deductible|Policy Limit - Amount|Policy Limit - Days|' +
    "Room Rate - Semi-Private|Room Rate - Private|Insured's Employment Status|" +
    "Insured's Administrative Sex|Insured's Employer's Address|Verification Status|" +
    "Prior Insurance Plan ID|Coverage Type|Handicap|Insured's ID Number|Signature Code|" +
    "Signature Code Date|Insured's Birth Place|VIP Indicator|" +
    'External Health Plan Identifiers|Insurance Action Code',
  IN3:
    'Set ID|Certification Number|Certified By|Certification Required|Penalty|' +
    'Certification Date/Time|Certification Modify Date/Time|Operator|' +
    'Certification Begin Date|Certification End Date|Days|Non-Concur Code/Description|' +
    'Non-Concur Effective Date/Time|Physician Reviewer|Certification Contact|' +
    'Certification Contact Phone Number|Appeal Reason|Certification Agency|' +
    'Certification Agency Phone Number|Pre-Certification Requirement|Case Manager|' +
    'Second Opinion Date|Second Opinion Status|Second Opinion Documentation Received|' +
    'Second Opinion Physician|Certification Type|Certification Category',
  MRG:
    'Prior Patient Identifier List|Prior Alternate Patient ID|' +
    'Prior Patient Account Number|Prior Patient ID|Prior Visit Number|' +
    'Prior Alternate Visit ID|Prior Patient Name',
  MSA:
    'Acknowledgment Code|Message Control ID|Text Message|Expected Sequence Number|' +
    'Delayed Acknowledgment Type|Error Condition|Message Waiting Number|' +
    'Message Waiting Priority',
  MSH:
    'Field Separator|Encoding Characters|Sending Application|Sending Facility|' +
    'Receiving Application|Receiving Facility|Date/Time of Message|Security|Message Type|' +
    'Message Control ID|Processing ID|Version ID|Sequence Number|Continuation Pointer|' +
    'Accept Acknowledgment Type|Application Acknowledgment Type|Country Code|' +
    'Character Set|Principal Language Of Message|Alternate Character Set Handling Scheme|' +
    'Message Profile Identifier|Sending Responsible Organization|' +
    'Receiving Responsible Organization|Sending Network Address|' +
    'Receiving Network Address|Security Classification Tag|' +
    'Security Handling Instructions|Special Access Restriction Instructions',
  NK1:
    'Set ID|Name|Relationship|Address|Phone Number|Business Phone Number|Contact Role|' +
    'Start Date|End Date|Next of Kin / Associated Parties Job Title|' +
    'Next of Kin / Associated Parties Job Code/Class|' +
    'Next of Kin / Associated Parties Employee Number|Organization Name|Marital Status|' +
    'Administrative Sex|Date/Time of Birth|Living Dependency|Ambulatory Status|' +
    'Citizenship|Primary Language|Living Arrangement|Publicity Code|Protection Indicator|' +
    "Student Indicator|Religion|Mother's Maiden Name|Nationality|Ethnic Group|" +
    "Contact Reason|Contact Person's Name|Contact Person's Telephone Number|" +
    "Contact Person's Address|Next of Kin/Associated Party's Identifiers|Job Status|Race|" +
    'Handicap|Contact Person Social Security Number|Next of Kin Birth Place|' +
    'VIP Indicator|Next of Kin Telecommunication Information|' +
    "Contact Person's Telecommunication Information",
  NTE:
    'Set ID|Source of Comment|Comment|Comment Type|Entered By|Entered Date/Time|' +
    'Effective Start Date|Expiration Date|Coded Comment',
  OBR:
    'Set ID|Placer Order Number|Filler Order Number|Universal Service Identifier|' +
    'Priority|Requested Date/Time|Observation Date/Time|Observation End Date/Time|' +
    'Collection Volume|Collector Identifier|Specimen Action Code|Danger Code|' +
    'Relevant Clinical Information|Specimen Received Date/Time|Specimen Source|' +
    'Ordering Provider|Order Callback Phone Number|Placer Field 1|Placer Field 2|' +
    'Filler Field 1|Filler Field 2|Results Rpt/Status Chng - Date/Time|' +
    'Charge to Practice|Diagnostic Serv Sect ID|Result Status|Parent Result|' +
    'Quantity/Timing|Result Copies To|ParentResults Observation Identifier|' +
    'Transportation Mode|Reason for Study|Principal Result Interpreter|' +
    'Assistant Result Interpreter|Technician|Transcriptionist|Scheduled Date/Time|' +
    'Number of Sample Containers|Transport Logistics of Collected Sample|' +
    "Collector's Comment|Transport Arrangement Responsibility|Transport Arranged|" +
    'Escort Required|Planned Patient Transport Comment|Procedure Code|' +
    'Procedure Code Modifier|Placer Supplemental Service Information|' +
    'Filler Supplemental Service Information|' +
    'Medically Necessary Duplicate Procedure Reason|Result Handling|' +
    'Parent Universal Service Identifier|Observation Group ID|' +
    'Parent Observation Group ID|Alternate Placer Order Number|Parent Order',
  OBX:
    'Set ID|Value Type|Observation Identifier|Observation Sub-ID|Observation Value|Units|' +
    'References Range|Interpretation Codes|Probability|Nature of Abnormal Test|' +
    'Observation Result Status|Effective Date of Reference Range|' +
    "User Defined Access Checks|Date/Time of the Observation|Producer's ID|" +
    'Responsible Observer|Observation Method|Equipment Instance Identifier|' +
    'Date/Time of the Analysis|Observation Site|Observation Instance Identifier|' +
    'Mood Code|Performing Organization Name|Performing Organization Address|' +
    'Performing Organization Medical Director|Patient Results Release Category|' +
    'Root Cause|Local Process Control|Observation Type|Observation Sub-Type|Action Code|' +
    'Observation Value Absent Reason|Observation Related Specimen Identifier',
  ORC:
    'Order Control|Placer Order Number|Filler Order Number|Placer Group Number|' +
    'Order Status|Response Flag|Quantity/Timing|Parent Order|Date/Time of Transaction|' +
    "Entered By|Verified By|Ordering Provider|Enterer's Location|Call Back Phone Number|" +
    'Order Effective Date/Time|Order Control Code Reason|Entering Organization|' +
    'Entering Device|Action By|Advanced Beneficiary Notice Code|Ordering Facility Name|' +
    'Ordering Facility Address|Ordering Facility Phone Number|Ordering Provider Address|' +
    'Order Status Modifier|Advanced Beneficiary Notice Override Reason|' +
    "Filler's Expected Availability Date/Time|Confidentiality Code|Order Type|" +
    'Enterer Authorization Mode|Parent Universal Service Identifier|' +
    'Advanced Beneficiary Notice Date|Alternate Placer Order Number|' +
    'Order Workflow Profile|Action Code|Order Status Date Range|Order Creation Date/Time|' +
    'Filler Order Group Number',
  PD1:
    'Living Dependency|Living Arrangement|Patient Primary Facility|' +
    'Patient Primary Care Provider Name & ID No.|Student Indicator|Handicap|' +
    'Living Will Code|Organ Donor Code|Separate Bill|Duplicate Patient|Publicity Code|' +
    'Protection Indicator|Protection Indicator Effective Date|Place of Worship|' +
    'Advance Directive Code|Immunization Registry Status|' +
    'Immunization Registry Status Effective Date|Publicity Code Effective Date|' +
    'Military Branch|Military Rank/Grade|Military Status|' +
    'Advance Directive Last Verified Date',
  PID:
    'Set ID|Patient ID|Patient Identifier List|Alternate Patient ID|Patient Name|' +
    "Mother's Maiden Name|Date/Time of Birth|Administrative Sex|Patient Alias|Race|" +
    'Patient Address|County Code|Phone Number - Home|Phone Number - Business|' +
    'Primary Language|Marital Status|Religion|Patient Account Number|' +
    "SSN Number - Patient|Driver's License Number - Patient|Mother's Identifier|" +
    'Ethnic Group|Birth Place|Multiple Birth Indicator|Birth Order|Citizenship|' +
    'Veterans Military Status|Nationality|Patient Death Date and Time|' +
    'Patient Death Indicator|Identity Unknown Indicator|Identity Reliability Code|' +
    'Last Update Date/Time|Last Update Facility|Taxonomic Classification Code|Breed Code|' +
    'Strain|Production Class Code|Tribal Citizenship|' +
    'Patient Telecommunication Information',
  PR1:
    'Set ID|Procedure Coding Method|Procedure Code|Procedure Description|' +
    'Procedure Date/Time|Procedure Functional Type|Procedure Minutes|Anesthesiologist|' +
    'Anesthesia Code|Anesthesia Minutes|Surgeon|Procedure Practitioner|Consent Code|' +
    'Procedure Priority|Associated Diagnosis Code|Procedure Code Modifier|' +
    'Procedure DRG Type|Tissue Type Code|Procedure Identifier|Procedure Action Code|' +
    'DRG Procedure Determination Status|DRG Procedure Relevance|' +
    'Treating Organizational Unit|Respiratory Within Surgery|Parent Procedure ID',
  PRT:
    'Participation Instance ID|Action Code|Action Reason|Role of Participation|Person|' +
    'Person Provider Type|Organization Unit Type|Organization|Location|Device|' +
    'Begin Date/Time (arrival time)|End Date/Time (departure time)|Qualitative Duration|' +
    'Address|Telecommunication Address|UDI Device Identifier|Device Manufacture Date|' +
    'Device Expiry Date|Device Lot Number|Device Serial Number|' +
    'Device Donation Identification|Device Type|Preferred Method of Contact|' +
    'Contact Identifiers',
  PV1:
    'Set ID|Patient Class|Assigned Patient Location|Admission Type|Preadmit Number|' +
    'Prior Patient Location|Attending Doctor|Referring Doctor|Consulting Doctor|' +
    'Hospital Service|Temporary Location|Preadmit Test Indicator|Re-admission Indicator|' +
    'Admit Source|Ambulatory Status|VIP Indicator|Admitting Doctor|Patient Type|' +
    'Visit Number|Financial Class|Charge Price Indicator|Courtesy Code|Credit Rating|' +
    'Contract Code|Contract Effective Date|Contract Amount|Contract Period|Interest Code|' +
    'Transfer to Bad Debt Code|Transfer to Bad Debt Date|Bad Debt Agency Code|' +
    'Bad Debt Transfer Amount|Bad Debt Recovery Amount|Delete Account Indicator|' +
    'Delete Account Date|Discharge Disposition|Discharged to Location|Diet Type|' +
    'Servicing Facility|Bed Status|Account Status|Pending Location|' +
    'Prior Temporary Location|Admit Date/Time|Discharge Date/Time|' +
    'Current Patient Balance|Total Charges|Total Adjustments|Total Payments|' +
    'Alternate Visit ID|Visit Indicator|Other Healthcare Provider|' +
    'Service Episode Description|Service Episode Identifier',
  PV2:
    'Prior Pending Location|Accommodation Code|Admit Reason|Transfer Reason|' +
    'Patient Valuables|Patient Valuables Location|Visit User Code|' +
    'Expected Admit Date/Time|Expected Discharge Date/Time|' +
    'Estimated Length of Inpatient Stay|Actual Length of Inpatient Stay|' +
    'Visit Description|Referral Source Code|Previous Service Date|' +
    'Employment Illness Related Indicator|Purge Status Code|Purge Status Date|' +
    'Special Program Code|Retention Indicator|Expected Number of Insurance Plans|' +
    'Visit Publicity Code|Visit Protection Indicator|Clinic Organization Name|' +
    'Patient Status Code|Visit Priority Code|Previous Treatment Date|' +
    'Expected Discharge Disposition|Signature on File Date|First Similar Illness Date|' +
    'Patient Charge Adjustment Code|Recurring Service Code|Billing Media Code|' +
    'Expected Surgery Date and Time|Military Partnership Code|' +
    'Military Non-Availability Code|Newborn Baby Indicator|Baby Detained Indicator|' +
    'Mode of Arrival Code|Recreational Drug Use Code|Admission Level of Care Code|' +
    'Precaution Code|Patient Condition Code|Living Will Code|Organ Donor Code|' +
    'Advance Directive Code|Patient Status Effective Date|Expected LOA Return Date/Time|' +
    'Expected Pre-admission Testing Date/Time|Notify Clergy Code|' +
    'Advance Directive Last Verified Date',
  ROL:
    'Role Instance ID|Action Code|Role-ROL|Role Person|Role Begin Date/Time|' +
    'Role End Date/Time|Role Duration|Role Action Reason|Provider Type|' +
    "Organization Unit Type|Office/Home Address/Birthplace|Phone|Person's Location|" +
    'Organization',
  RXA:
    'Give Sub-ID Counter|Administration Sub-ID Counter|Date/Time Start of Administration|' +
    'Date/Time End of Administration|Administered Code|Administered Amount|' +
    'Administered Units|Administered Dosage Form|Administration Notes|' +
    'Administering Provider|Administered-at Location|Administered Per (Time Unit)|' +
    'Administered Strength|Administered Strength Units|Substance Lot Number|' +
    'Substance Expiration Date|Substance Manufacturer Name|' +
    'Substance/Treatment Refusal Reason|Indication|Completion Status|Action Code|' +
    'System Entry Date/Time|Administered Drug Strength Volume|' +
    'Administered Drug Strength Volume Units|Administered Barcode Identifier|' +
    'Pharmacy Order Type|Administer-at|Administered-at Address|' +
    'Administered Tag Identifier',
  RXE: '||||||||||||||||||Total Daily Dose',
  RXO:
    'Requested Give Code|Requested Give Amount - Minimum|Requested Give Amount - Maximum|' +
    'Requested Give Units|Requested Dosage Form|' +
    "Provider's Pharmacy/Treatment Instructions|Provider's Administration Instructions|" +
    'Deliver-To Location|Allow Substitutions|Requested Dispense Code|' +
    'Requested Dispense Amount|Requested Dispense Units|Number Of Refills|' +
    "Ordering Provider's DEA Number|Pharmacist/Treatment Supplier's Verifier ID|" +
    'Needs Human Review|Requested Give Per (Time Unit)|Requested Give Strength|' +
    'Requested Give Strength Units|Indication|Requested Give Rate Amount|' +
    'Requested Give Rate Units||Supplementary Code|Requested Drug Strength Volume|' +
    'Requested Drug Strength Volume Units|Pharmacy Order Type|Dispensing Interval|' +
    'Medication Instance Identifier|Segment Instance Identifier|Mood Code|' +
    'Dispensing Pharmacy|Dispensing Pharmacy Address|Deliver-to Patient Location|' +
    'Deliver-to Address|Pharmacy Phone Number',
  RXR:
    'Route|Administration Site|Administration Device|Administration Method|' +
    'Routing Instruction|Administration Site Modifier',
  SCH:
    'Placer Appointment ID|Filler Appointment ID|Occurrence Number|Placer Group Number|' +
    'Schedule ID|Event Reason|Appointment Reason|Appointment Type|Appointment Duration|' +
    'Appointment Duration Units|Appointment Timing Quantity|Placer Contact Person|' +
    'Placer Contact Phone Number|Placer Contact Address|Placer Contact Location|' +
    'Filler Contact Person|Filler Contact Phone Number|Filler Contact Address|' +
    'Filler Contact Location|Entered By Person|Entered By Phone Number|' +
    'Entered By Location|Parent Placer Appointment ID|Parent Filler Appointment ID|' +
    'Filler Status Code|Placer Order Number|Filler Order Number',
  SFT:
    'Software Vendor Organization|Software Certified Version or Release Number|' +
    'Software Product Name|Software Binary ID|Software Product Information|' +
    'Software Install Date',
  SPM:
    'Set ID|Specimen ID|Specimen Parent IDs|Specimen Type|Specimen Type Modifier|' +
    'Specimen Additives|Specimen Collection Method|Specimen Source Site|' +
    'Specimen Source Site Modifier|Specimen Collection Site|Specimen Role|' +
    'Specimen Collection Amount|Grouped Specimen Count|Specimen Description|' +
    'Specimen Handling Code|Specimen Risk Code|Specimen Collection Date/Time|' +
    'Specimen Received Date/Time|Specimen Expiration Date/Time|Specimen Availability|' +
    'Specimen Reject Reason|Specimen Quality|Specimen Appropriateness|Specimen Condition|' +
    'Specimen Current Quantity|Number of Specimen Containers|Container Type|' +
    'Container Condition|Specimen Child Role|Accession ID|Other Specimen ID|Shipment ID',
  TQ1:
    'Set ID|Quantity|Repeat Pattern|Explicit Time|Relative Time and Units|' +
    'Service Duration|Start date/time|End date/time|Priority|Condition text|' +
    'Text instruction|Conjunction|Occurrence duration|Total occurrences',
  TXA:
    'Set ID- TXA|Document Type|Document Content Presentation|Activity Date/Time|' +
    'Primary Activity Provider Code/Name|Origination Date/Time|Transcription Date/Time|' +
    'Edit Date/Time|Originator Code/Name|Assigned Document Authenticator|' +
    'Transcriptionist Code/Name|Unique Document Number|Parent Document Number|' +
    'Placer Order Number|Filler Order Number|Unique Document File Name|' +
    'Document Completion Status|Document Confidentiality Status|' +
    'Document Availability Status|Document Storage Status|Document Change Reason|' +
    'Authentication Person, Time Stamp (set)|' +
    'Distributed Copies (Code and Name of Recipient(s) )|Folder Assignment|' +
    'Document Title|Agreed Due Date/Time|Creating Facility|Creating Specialty',
}

/** `Patient Name` for PID-5; undefined where it is not known. */
export function fieldName(segment: string, field: number): string | undefined {
  if (!Object.hasOwn(names, segment)) return undefined
  return names[segment]?.split('|')[field - 1] || undefined
}
