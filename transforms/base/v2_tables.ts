// Codes of HL7 v2 tables as FHIR R4 publishes them (http://hl7.org/fhir/R4/terminologies-v2.html).
// Sites add codes of their own to these tables; such a code is not the table's, and a server that
// knows the table refuses it. A table that is not here is believed.

const codes = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/))

export const tables: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  // Ambulatory status.
  [
    '0009',
    codes(`
      A0 A1 A2 A3 A4 A5 A6 A7 A8 A9 B1 B2 B3 B4 B5 B6
    `),
  ],
  // Relationship.
  [
    '0063',
    codes(`
      ASC BRO CGV CHD DEP DOM EMC EME EMR EXF FCH FND FTH GCH GRD GRP MGR MTH NCH NON OAD OTH
      OWN PAR SCH SEL SIB SIS SPO TRA UNK WRD
    `),
  ],
  // Diagnostic service section.
  [
    '0074',
    codes(`
      AU BG BLB CG CH CP CT CTH CUS EC EN GE HM ICU IMG IMM LAB MB MCB MYC NMR NMS NRS OSL OT
      OTH OUS PAR PAT PF PHR PHY PT RAD RC RT RUS RX SP SR TX URN VR VUS XRC
    `),
  ],
  // Re-admission indicator.
  [
    '0092',
    codes(`
      R
    `),
  ],
  // Contact role.
  [
    '0131',
    codes(`
      BP C CP E EP F I N O PR S U
    `),
  ],
  // Yes/no.
  [
    '0136',
    codes(`
      N Y
    `),
  ],
  // Identifier type.
  [
    '0203',
    codes(`
      AC ACSN AM AMA AN ANC AND ANON ANT APRN ASID BA BC BCFN BCT BR BRN BSNR CC CONM CY CZ DC
      DCFN DDS DEA DFN DI DL DN DO DP DPM DR DS EI EN ESN FDR FDRFN FI FILL GI GL GN HC IND
      JHN LACSN LANR LI LN LR MA MB MC MCD MCN MCR MCT MD MI MR MRT MS NBSNR NCT NE NH NI NII
      NIIP NNxxx NP NPI OBI OD PA PC PCN PE PEN PHC PHE PHO PI PLAC PN PNT PPIN PPN PRC PRN PT
      QA RI RN RPH RR RRI RRP SB SID SL SN SNBSN SNO SP SR SS STN TAX TN TPR TRL U UDI UPIN
      USID VN VP VS WC WCN WP XV XX
    `),
  ],
  // Provider role.
  [
    '0443',
    codes(`
      AD AI AP AT CLP CP DP EP FHCP IP MDIR OP PH PI PP RO RP RT TN TR VP VPS VTS
    `),
  ],
])
